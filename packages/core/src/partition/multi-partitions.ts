import { ConfigError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"
import { declarePartitions, partitionsFault } from "./faulty-partitions.ts"
import type { PartitionContext, Partitions, TimeWindow } from "./partitions.ts"

/**
 * Every combination of the keys of some dimensions. A key holds one of each, the dimensions in the order of their
 * names: `2024-01-05|de` for `{ date, region }`.
 */
export class MultiPartitions implements Partitions {
  readonly kind = "multi"
  readonly column?: { readonly [dimension: string]: string }
  readonly dimensions: { readonly [name: string]: Partitions }
  /** The key's window in the one dimension that is made of time; left out where none or several are. */
  readonly window?: (key: string) => TimeWindow

  constructor(dimensions: { readonly [name: string]: Partitions }) {
    const byName = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))
    this.dimensions = Object.freeze(Object.fromEntries(byName))
    const columns = Object.entries(this.dimensions).flatMap(([name, { column }]) =>
      typeof column === "string" ? [[name, column]] : [],
    )
    if (columns.length > 0) this.column = Object.freeze(Object.fromEntries(columns))
    const timed = Object.entries(this.dimensions).filter(([, { kind }]) => kind === "time")
    const [first] = timed
    if (first && timed.length === 1) this.window = key => this.#windowIn(first[0], first[1], key)
    Object.freeze(this)
  }

  keys(context: PartitionContext): string[] {
    let keys = [""]
    for (const [i, dimension] of Object.values(this.dimensions).entries()) {
      const own = dimension.keys(context)
      keys = i === 0 ? own : keys.flatMap(key => own.map(one => `${key}|${one}`))
    }
    return keys
  }

  has(key: string, context: PartitionContext): boolean {
    const parts = this.parts(key)
    return (
      parts !== undefined &&
      Object.entries(this.dimensions).every(([name, dimension]) => dimension.has(parts[name] ?? "", context))
    )
  }

  /** The key of each dimension; undefined for a text with another number of parts. */
  parts(key: string): { readonly [dimension: string]: string } | undefined {
    const parts = key.split("|")
    const names = Object.keys(this.dimensions)
    if (parts.length !== names.length) return undefined
    return Object.fromEntries(names.map((name, i) => [name, parts[i] ?? ""]))
  }

  describe(): Json {
    const described = Object.entries(this.dimensions).map(([name, dimension]) => [name, dimension.describe()])
    return { kind: "multi", dimensions: Object.fromEntries(described) }
  }

  #windowIn(name: string, dimension: Partitions, key: string): TimeWindow {
    const own = this.parts(key)?.[name]
    if (own !== undefined && dimension.window) return dimension.window(own)
    throw new ConfigError("PARTITION_KEY_UNKNOWN", {
      what: `'${key}' is no partition key here.`,
      why: `A key has one part for each of ${Object.keys(this.dimensions).join(", ")}, with '|' between them.`,
      fix: "Write all parts, in this order.",
      details: { key },
    })
  }
}

/** Partitions with several dimensions: `multi({ date: daily({...}), region: staticPartitions(["de", "fr"]) })`. */
export function multi(dimensions: { readonly [name: string]: Partitions }): Partitions {
  const declaredAt = new Error("declared here")
  return declarePartitions("multi", () => {
    const fault = (what: string, why: string, fix: string) => partitionsFault(declaredAt, what, why, fix)
    const entries = Object.entries(dimensions)
    if (entries.length < 2)
      throw fault(
        "multi has fewer than two dimensions.",
        "One dimension is a rule by itself.",
        "Use that rule, or add a dimension.",
      )
    for (const [name, dimension] of entries) {
      if (dimension?.fault) throw dimension.fault
      if (!/^[A-Za-z0-9_]+$/.test(name))
        throw fault(`multi has a dimension '${name}'.`, "Its name is that of a folder.", "Use letters, digits and '_'.")
      if (typeof dimension?.keys !== "function")
        throw fault(
          `The dimension '${name}' of multi is no partition rule.`,
          "It gives the keys.",
          "Write daily({...}), staticPartitions([...]) or another of their kind.",
        )
      if (dimension.kind === "multi")
        throw fault(
          `The dimension '${name}' of multi has dimensions itself.`,
          "A key is one list of parts.",
          "Write all dimensions in one multi({...}).",
        )
    }
    return new MultiPartitions(dimensions)
  })
}
