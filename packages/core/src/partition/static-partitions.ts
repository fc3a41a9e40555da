import type { Json } from "../util/json.ts"
import { declarePartitions, partitionsFault } from "./faulty-partitions.ts"
import { keyTextFault } from "./key-text.ts"
import type { Partitions } from "./partitions.ts"

export interface StaticPartitionOptions {
  /** Column of `returns` that gives a row its key. */
  readonly column?: string
}

/** A fixed list of keys, in the order given. */
export class StaticPartitions implements Partitions {
  readonly kind = "static"
  readonly column?: string
  readonly #keys: ReadonlySet<string>

  constructor(keys: ReadonlySet<string>, column: string | undefined) {
    this.#keys = keys
    if (column !== undefined) this.column = column
    Object.freeze(this)
  }

  keys(): string[] {
    return [...this.#keys]
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  describe(): Json {
    return { kind: "static", keys: [...this.#keys], ...(this.column !== undefined && { column: this.column }) }
  }
}

/** Partitions that are a fixed list: `staticPartitions(["de", "fr"])`. */
export function staticPartitions(keys: readonly string[], { column }: StaticPartitionOptions = {}): Partitions {
  const declaredAt = new Error("declared here")
  return declarePartitions("static", () => {
    const fault = (what: string, why: string, fix: string) => partitionsFault(declaredAt, what, why, fix)
    if (!Array.isArray(keys) || keys.length === 0) {
      throw fault("staticPartitions has no keys.", "An asset without keys could never be made.", "Name at least one.")
    }
    const distinct = new Set<string>()
    for (const key of keys) {
      const wrong = keyTextFault(key)
      if (wrong) throw fault(`staticPartitions has the key ${JSON.stringify(key)}.`, wrong, "Name it otherwise.")
      if (distinct.has(key))
        throw fault(`staticPartitions has the key '${key}' twice.`, "A key is one partition.", "Take one away.")
      distinct.add(key)
    }
    return new StaticPartitions(distinct, column)
  })
}
