import { DefinitionError, type SourceLocation } from "../errors/assets-error.ts"
import { declarationPlace, describePlace } from "../errors/declaration-place.ts"
import { assetKeyFault } from "./asset-key.ts"

/** Something that stands under a key. */
interface Keyed {
  readonly kind: "asset" | "source"
  readonly key: string
  readonly declaredAt: Error
}

/** Faults of the keys alone and against each other: form, the same twice, equal but for case, one below another. */
export function keyFaults(all: Iterable<Keyed>, base: string): DefinitionError[] {
  const faults: DefinitionError[] = []
  const first = new Map<string, Keyed>()
  for (const one of all) {
    const form = assetKeyFault(one.key)
    if (form) {
      const shown = typeof one.key === "string" ? `'${one.key}'` : "that is not text"
      faults.push(
        new DefinitionError("ASSET_KEY_INVALID", {
          what: `The ${one.kind} key ${shown} is not valid.`,
          ...form,
          ...at(one),
        }),
      )
      continue
    }
    const folded = one.key.toLowerCase()
    const former = first.get(folded)
    if (!former) first.set(folded, one)
    else faults.push(former.key === one.key ? duplicate(former, one, base) : sameButForCase(former, one, base))
  }
  for (const one of first.values()) {
    const above = prefixes(one.key.toLowerCase()).flatMap(prefix => first.get(prefix) ?? [])
    for (const prefix of above) faults.push(isPrefix(prefix, one, base))
  }
  return faults
}

function prefixes(key: string): string[] {
  const found: string[] = []
  for (let i = key.indexOf("/"); i !== -1; i = key.indexOf("/", i + 1)) found.push(key.slice(0, i))
  return found
}

function at(one: Keyed): { readonly location?: SourceLocation } {
  const location = declarationPlace(one.declaredAt)
  return location ? { location } : {}
}

function places(a: Keyed, b: Keyed, base: string): string {
  const [first, second] = [a, b].map(one => describePlace(declarationPlace(one.declaredAt), base))
  return `The first is declared at ${first}, the second at ${second}.`
}

function duplicate(a: Keyed, b: Keyed, base: string): DefinitionError {
  const two = a.kind === b.kind ? `Two ${a.kind}s` : `An asset and a source`
  return new DefinitionError("ASSET_KEY_DUPLICATE", {
    what: `${two} have the key '${a.key}'.`,
    why: places(a, b, base),
    fix: "Rename one of the two, or leave one out of the definitions.",
    details: { key: a.key },
    ...at(b),
  })
}

function sameButForCase(a: Keyed, b: Keyed, base: string): DefinitionError {
  return new DefinitionError("ASSET_KEY_CASE", {
    what: `The keys '${a.key}' and '${b.key}' differ only in case.`,
    why: `Many file systems and catalogs would store both in one place. ${places(a, b, base)}`,
    fix: "Rename one of the two.",
    details: { keys: [a.key, b.key] },
    ...at(b),
  })
}

function isPrefix(a: Keyed, b: Keyed, base: string): DefinitionError {
  return new DefinitionError("ASSET_KEY_PREFIX", {
    what: `The key '${a.key}' is the folder of the key '${b.key}'.`,
    why: `The data of one would lie inside the data of the other. ${places(a, b, base)}`,
    fix: `Rename one of the two, as '${a.key}/all'.`,
    details: { keys: [a.key, b.key] },
    ...at(b),
  })
}
