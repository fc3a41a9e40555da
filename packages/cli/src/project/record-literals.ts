import { SourceMap } from "node:module"
import type { SourceLocation } from "@assets/core"
import type { AnyNode, ArrayExpression, Node, ObjectExpression, Property } from "acorn"

/** One entry of a literal: a spread, or a name (null where only running the code tells it) and where that stands. */
type Entry = "spread" | readonly [name: string | number | null, line: number, column: number]

/** What is known of a literal before it runs. */
interface LiteralFacts {
  readonly file: string
  readonly at: readonly [line: number, column: number]
  readonly entries: readonly Entry[]
}

const recorderKey = "@assets/literal-recorder"

/**
 * Remembers, while modules run that `recordLiterals` has rewritten, where each entry of each object and list was written.
 * What is spread into another literal keeps its place.
 */
export class LiteralRecorder {
  readonly #own = new WeakMap<object, SourceLocation>()
  readonly #entries = new WeakMap<object, ReadonlyMap<string, SourceLocation>>()
  /** What was spread into literals that are not complete yet, the innermost one's last. */
  readonly #spread: unknown[] = []

  /** Makes this the recorder of rewritten modules. It stays: their functions and getters may run at any later time. */
  install(): void {
    const global = globalThis as { [key: symbol]: unknown } // a place that the rewritten code finds
    global[Symbol.for(recorderKey)] = this
  }

  /** Called by the rewritten code with what a literal spreads. */
  spread<T>(value: T): T {
    this.#spread.push(value)
    return value
  }

  /** Called by the rewritten code with a literal. */
  literal<T extends object>({ file, at: [line, column], entries }: LiteralFacts, value: T): T {
    const count = entries.filter(entry => entry === "spread").length
    const spread = this.#spread.splice(this.#spread.length - count)
    const places = new Map<string, SourceLocation>()
    for (const entry of entries) {
      if (entry === "spread") {
        const from = spread.shift()
        // An element has another index in its new list.
        if (!Array.isArray(value)) this.#take(from, value, places)
      } else if (entry[0] !== null) places.set(`${entry[0]}`, { file, line: entry[1], column: entry[2] })
    }
    this.#own.set(value, { file, line, column })
    this.#entries.set(value, places)
    return value
  }

  #take(from: unknown, to: object, places: Map<string, SourceLocation>): void {
    if (typeof from !== "object" || from === null) return
    const known = this.#entries.get(from)
    const valueAt = (of: object, name: string) => Object.getOwnPropertyDescriptor(of, name)?.value
    for (const name of Object.keys(from)) {
      const place = known?.get(name)
      // A name that is computed may have put another value in its place.
      if (place && valueAt(from, name) === valueAt(to, name)) places.set(name, place)
      else places.delete(name)
    }
  }

  /** Where the entry at the end of a path was written, seen from a value; that of what lacks it where it is not there. */
  placeOf(value: unknown, path: readonly (string | number)[]): SourceLocation | undefined {
    if (path.length === 0) return typeof value === "object" && value !== null ? this.#own.get(value) : undefined
    const above = path.slice(0, -1)
    const container = above.reduce<unknown>(
      (outer, step) => (outer as { [step: string]: unknown } | undefined)?.[step],
      value,
    )
    if (typeof container !== "object" || container === null) return undefined
    const last = `${path.at(-1)}`
    return last in container ? this.#entries.get(container)?.get(last) : this.placeOf(value, above)
  }
}

/** Rewrites JavaScript so that its literals tell the recorder of themselves; what cannot be parsed is left as it is. */
export function recordLiterals(parse: typeof import("acorn").parse, file: string, code: string, map: string): string {
  let program: Node
  try {
    program = parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true })
  } catch {
    return code // CommonJS that is no module, for one: its literals have no known place then
  }
  const places = new SourceMap(JSON.parse(map))
  const edits: { readonly at: number; readonly text: string }[] = []
  const visit = (node: AnyNode): void => {
    if (node.type === "ObjectExpression" || node.type === "ArrayExpression") {
      const facts = factsOf(file, node, places)
      if (facts) edits.push(...editsOf(node, facts))
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(program as AnyNode) // what the parser gives
  return inserted(code, edits)
}

function editsOf(node: ObjectExpression | ArrayExpression, facts: LiteralFacts) {
  const recorder = `globalThis[Symbol.for(${JSON.stringify(recorderKey)})]`
  const spreads = partsOf(node).filter(part => part?.type === "SpreadElement")
  return [
    { at: node.start, text: `${recorder}.literal(${JSON.stringify(facts)}, ` },
    ...spreads.flatMap(({ argument }) => [
      { at: argument.start, text: `${recorder}.spread(` },
      { at: argument.end, text: ")" },
    ]),
    { at: node.end, text: ")" },
  ]
}

function partsOf(node: ObjectExpression | ArrayExpression): readonly (AnyNode | null)[] {
  return node.type === "ObjectExpression" ? node.properties : node.elements
}

/** Undefined where the map does not know the place: of what the transform itself has added. */
function factsOf(file: string, node: ObjectExpression | ArrayExpression, map: SourceMap): LiteralFacts | undefined {
  const at = originalPlace(node, map)
  if (!at) return undefined
  const entries = partsOf(node).map((part, i): Entry => {
    if (part?.type === "SpreadElement") return "spread"
    const place = part ? originalPlace(part, map) : undefined
    return place ? [nameOf(part, i), ...place] : [null, 0, 0]
  })
  // Behind a spread the index of an element is known only when the list is there.
  const spread = node.type === "ArrayExpression" ? entries.indexOf("spread") : -1
  return { file, at, entries: spread === -1 ? entries : withoutIndices(entries, spread) }
}

function withoutIndices(entries: readonly Entry[], from: number): Entry[] {
  return entries.map((entry, i) => (i < from || entry === "spread" ? entry : [null, 0, 0]))
}

function nameOf(part: AnyNode | null, index: number): string | number | null {
  if (part?.type !== "Property") return index
  const { key, computed } = part as Property
  if (key.type === "Identifier" && !computed) return key.name
  return key.type === "Literal" && (typeof key.value === "string" || typeof key.value === "number") ? key.value : null
}

function originalPlace({ loc }: Node, map: SourceMap): readonly [number, number] | undefined {
  if (!loc) return undefined
  const entry = map.findEntry(loc.start.line - 1, loc.start.column)
  return "originalLine" in entry ? [entry.originalLine + 1, entry.originalColumn + 1] : undefined
}

function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && "type" in child && typeof child.type === "string") yield child
    }
  }
}

/** The texts put into the code; of two at one place the one that was found first stands outside. */
function inserted(code: string, edits: readonly { readonly at: number; readonly text: string }[]): string {
  const sorted = edits.map((edit, i) => ({ ...edit, i })).sort((a, b) => a.at - b.at || order(a, b))
  let text = ""
  let from = 0
  for (const edit of sorted) {
    text += code.slice(from, edit.at) + edit.text
    from = edit.at
  }
  return text + code.slice(from)
}

/** Closing parentheses are alike; what opens is in the order in which it was found, the outer literal first. */
function order(
  a: { readonly text: string; readonly i: number },
  b: { readonly text: string; readonly i: number },
): number {
  if ((a.text === ")") !== (b.text === ")")) return a.text === ")" ? -1 : 1
  return a.i - b.i
}
