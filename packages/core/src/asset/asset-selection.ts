import { relative, sep } from "node:path"
import { ConfigError } from "../errors/assets-error.ts"
import { declarationPlace, pathFrom } from "../errors/declaration-place.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { Asset } from "./asset.ts"
import type { AssetGraph } from "./asset-graph.ts"
import { parseSelection, type Selection } from "./selection-syntax.ts"
import type { Source } from "./source.ts"

const statuses = ["stale", "missing", "failed"] as const
/** What `status:` may ask for. */
export type SelectableStatus = (typeof statuses)[number]

/** What a selection may need beyond the definitions; whoever knows an environment's state gives it. */
export interface SelectionContext {
  /** The keys with a status, for `status:`. */
  readonly withStatus?: (status: SelectableStatus) => ReadonlySet<string>
  /** The keys whose code or data differs from that of an environment, for `changed:`. */
  readonly changedFrom?: (environment: string) => ReadonlySet<string>
  /** True: a selection that matches nothing throws `SELECTION_EMPTY`. */
  readonly required?: boolean
}

/** What a selection is resolved against. */
export interface SelectionScope {
  readonly assets: ReadonlyMap<string, Asset>
  readonly sources: ReadonlyMap<string, Source>
  readonly graph: AssetGraph
  /** Names of the environments that `changed:` may ask for. */
  readonly environments: readonly string[]
  /** Folder against which `path:` is read. */
  readonly base: string
}

/** What has to be known of an environment's state before a selection can be resolved. */
export interface SelectionNeeds {
  readonly statuses: ReadonlySet<SelectableStatus>
  readonly environments: ReadonlySet<string>
}

/**
 * Returns what a `SelectionContext` must tell for these selections; both sets are empty for most.
 * @throws ConfigError `SELECTION_SYNTAX`, `SELECTION_UNKNOWN_VALUE`
 */
export function selectionNeeds(text: string | readonly string[]): SelectionNeeds {
  const needs = { statuses: new Set<SelectableStatus>(), environments: new Set<string>() }
  const visit = (selection: Selection): void => {
    if (selection.kind === "and" || selection.kind === "or") selection.parts.forEach(visit)
    else if ("of" in selection) visit(selection.of)
    else if (selection.kind === "attribute" && selection.name === "status") needs.statuses.add(statusOf(selection))
    else if (selection.kind === "attribute" && selection.name === "changed") needs.environments.add(selection.value)
  }
  for (const one of [text].flat()) visit(parseSelection(one))
  return needs
}

/**
 * Returns the keys that a selection matches, sorted. Several texts are a union. Sources are among them only where a
 * key or `is:external` names them.
 *
 * @throws ConfigError `SELECTION_SYNTAX` with line and column; `SELECTION_UNKNOWN_ASSET` and `SELECTION_UNKNOWN_VALUE`
 * for what names nothing; `SELECTION_EMPTY` when `context.required`
 */
export function resolveSelection(
  text: string | readonly string[],
  scope: SelectionScope,
  context: SelectionContext = {},
): string[] {
  const resolver = new SelectionResolver(scope, context)
  const keys = new Set<string>()
  for (const one of [text].flat()) for (const key of resolver.select(parseSelection(one))) keys.add(key)
  if (keys.size === 0 && context.required) throw selectionEmpty(text)
  return [...keys].sort()
}

/** The error of a caller that cannot go on with a selection that matches nothing. */
function selectionEmpty(text: string | readonly string[]): ConfigError {
  const shown = [text].flat().join(" ") || "(nothing)"
  return new ConfigError("SELECTION_EMPTY", {
    what: `The selection '${shown}' matches no asset.`,
    why: "Each name in it is known, but no asset fits all of it. Sources count only when a key or 'is:external' names them.",
    fix: "List what there is with 'assets list', then widen the selection.",
    details: { selection: shown },
  })
}

type Attribute = Extract<Selection, { kind: "attribute" }>
type Definition = Asset | Source

/**
 * Works on assets and sources alike, so that `is:external and group:raw` and `group:raw+` mean what they say, and takes
 * the sources that nothing named away from the result.
 */
class SelectionResolver {
  readonly #scope: SelectionScope
  readonly #context: SelectionContext
  readonly #all: ReadonlySet<string>

  constructor(scope: SelectionScope, context: SelectionContext) {
    this.#scope = scope
    this.#context = context
    this.#all = new Set(scope.graph.keys)
  }

  /** The assets, and the named sources, that a selection matches. */
  select(selection: Selection): Set<string> {
    const keys = this.#evaluate(selection)
    const named = new Set<string>()
    this.#nameSources(selection, true, named)
    for (const key of keys) if (this.#scope.sources.has(key) && !named.has(key)) keys.delete(key)
    return keys
  }

  /** Under an odd number of `not`s, a term names what it leaves, not what it matches. */
  #nameSources(selection: Selection, positive: boolean, named: Set<string>): void {
    if (selection.kind === "and" || selection.kind === "or") {
      for (const part of selection.parts) this.#nameSources(part, positive, named)
    } else if (selection.kind === "not") this.#nameSources(selection.of, !positive, named)
    else if ("of" in selection) this.#nameSources(selection.of, positive, named)
    else if (selection.kind === "attribute" && this.#namesSources(selection, positive)) {
      for (const key of positive ? this.#attribute(selection) : this.#scope.sources.keys()) named.add(key)
    }
  }

  #namesSources({ name, value }: Attribute, positive: boolean): boolean {
    if (name === "key") return positive && !/^\*+$/.test(value)
    return name === "is" && value === (positive ? "external" : "materializable")
  }

  #evaluate(selection: Selection): Set<string> {
    switch (selection.kind) {
      case "all":
        return new Set(this.#all)
      case "attribute":
        return this.#attribute(selection)
      case "not": {
        const without = this.#evaluate(selection.of)
        return new Set([...this.#all].filter(key => !without.has(key)))
      }
      case "or":
        return new Set(selection.parts.flatMap(part => [...this.#evaluate(part)]))
      case "and": {
        const sets = selection.parts.map(part => this.#evaluate(part))
        return new Set([...(sets[0] ?? [])].filter(key => sets.every(set => set.has(key))))
      }
      case "neighbours": {
        const keys = this.#evaluate(selection.of)
        const above = selection.above > 0 ? this.#scope.graph.ancestors(keys, selection.above) : []
        const below = selection.below > 0 ? this.#scope.graph.descendants(keys, selection.below) : []
        return new Set([...keys, ...above, ...below])
      }
      case "roots":
        return this.#scope.graph.roots(this.select(selection.of))
      case "sinks":
        return this.#scope.graph.sinks(this.select(selection.of))
    }
  }

  #attribute(selection: Attribute): Set<string> {
    const { value } = selection
    switch (selection.name) {
      case "key":
        return this.#keys(value)
      case "tag":
        return this.#tagged(value, selection.tagValue)
      case "owner":
        return this.#having("owner", value, ({ options }) => options.owners ?? [])
      case "group":
        return this.#having("group", value, ({ options }) => (options.group === undefined ? [] : [options.group]))
      case "kind":
        return this.#having("kind", value, ({ options }) => options.kinds ?? [])
      case "is":
        if (value === "external") return new Set(this.#scope.sources.keys())
        if (value === "materializable") return new Set(this.#scope.assets.keys())
        throw unknownValue(selection, ["external", "materializable"])
      case "path":
        return this.#declaredIn(value)
      case "status": {
        const status = statusOf(selection)
        return this.#fromState(selection, this.#context.withStatus?.(status))
      }
      case "changed":
        if (!this.#scope.environments.includes(value)) throw unknownValue(selection, this.#scope.environments)
        return this.#fromState(selection, this.#context.changedFrom?.(value))
    }
  }

  #keys(pattern: string): Set<string> {
    if (this.#all.has(pattern)) return new Set([pattern])
    const matches = wildcard(pattern)
    const found = matches ? [...this.#all].filter(matches) : []
    if (found.length > 0) return new Set(found)
    throw new ConfigError("SELECTION_UNKNOWN_ASSET", {
      what: matches ? `No asset's key matches '${pattern}'.` : `There is no asset '${pattern}'.`,
      why: `The project has ${counted(this.#scope.assets.size, "asset")} and ${counted(this.#scope.sources.size, "source")}, and none is named so.`,
      fix: (!matches && didYouMean(pattern, this.#all)) || "List the keys with 'assets list'.",
      details: { key: pattern },
    })
  }

  #tagged(name: string, value: string | undefined): Set<string> {
    if (value === undefined) return this.#having("tag", name, ({ options }) => Object.keys(options.tags ?? {}))
    this.#tagged(name, undefined) // a tag that no one has is an error of its own
    return this.#having(`tag:${name}=`, value, ({ options }) => {
      const own = options.tags && Object.hasOwn(options.tags, name) ? options.tags[name] : undefined
      return own === undefined ? [] : [own]
    })
  }

  #having(what: string, value: string, valuesOf: (definition: Definition) => readonly string[]): Set<string> {
    const known = new Set<string>()
    const found = new Set<string>()
    for (const definition of this.#definitions()) {
      for (const one of valuesOf(definition)) {
        known.add(one)
        if (one === value) found.add(definition.key)
      }
    }
    if (found.size > 0) return found
    throw unknownValue({ name: what, value }, [...known].sort())
  }

  /** By the file of the declaration: the file itself, all below a folder, or a pattern with `*`. */
  #declaredIn(value: string): Set<string> {
    const path = value.replace(/^\.\//, "").replace(/\/+$/, "")
    const matches = wildcard(path) ?? (file => file === path || file.startsWith(`${path}/`) || path === ".")
    const found = new Set<string>()
    for (const { key, declaredAt } of this.#definitions()) {
      const file = declarationPlace(declaredAt)?.file
      if (file === undefined) continue
      const near = pathFrom(this.#scope.base, file) ?? relative(this.#scope.base, file)
      if (file === path || matches(near.replaceAll(sep, "/"))) found.add(key)
    }
    if (found.size > 0) return found
    throw unknownValue({ name: "path", value }, [])
  }

  #fromState(selection: Attribute, keys: ReadonlySet<string> | undefined): Set<string> {
    if (keys) return new Set([...keys].filter(key => this.#all.has(key)))
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `'${selection.name}:${selection.value}' cannot be resolved here.`,
      why: "It asks for what is stored in an environment, and this selection is resolved from the definitions alone.",
      fix: "Use it with a command or function that has an environment, such as materialize, plan or status.",
    })
  }

  *#definitions(): Iterable<Definition> {
    yield* this.#scope.assets.values()
    yield* this.#scope.sources.values()
  }
}

function statusOf(selection: Attribute): SelectableStatus {
  const status = statuses.find(one => one === selection.value)
  if (!status) throw unknownValue(selection, statuses)
  return status
}

/** A test for texts where `*` stands for any characters; undefined for a pattern without one. Linear, whatever the stars. */
function wildcard(pattern: string): ((text: string) => boolean) | undefined {
  const [first = "", ...inner] = pattern.split("*")
  const last = inner.pop()
  if (last === undefined) return undefined
  return text => {
    if (!text.startsWith(first)) return false
    let from = first.length
    for (const part of inner) {
      const found = text.indexOf(part, from) // the leftmost place leaves the most for what follows
      if (found === -1) return false
      from = found + part.length
    }
    return text.length - last.length >= from && text.endsWith(last)
  }
}

function unknownValue(selection: { name: string; value: string }, known: readonly string[]): ConfigError {
  const asked = selection.name.endsWith("=")
    ? `${selection.name}${selection.value}`
    : `${selection.name}:${selection.value}`
  const shown = known.slice(0, 10).map(one => `'${one}'`)
  const list = known.length > 10 ? `${shown.join(", ")} and ${known.length - 10} more` : shown.join(", ")
  return new ConfigError("SELECTION_UNKNOWN_VALUE", {
    what: `'${asked}' names nothing.`,
    why: known.length > 0 ? `What there is: ${list}.` : "No asset of the project has one.",
    fix: didYouMean(selection.value, known) ?? "Use a value that an asset has; 'assets list --json' shows them.",
    details: { value: selection.value, known: known.slice(0, 100) },
  })
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`
}
