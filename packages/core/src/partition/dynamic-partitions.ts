import { ConfigError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"
import { declarePartitions, partitionsFault } from "./faulty-partitions.ts"
import type { PartitionContext, Partitions } from "./partitions.ts"

/** Keys that are added while the project lives, and kept in its event log. */
export class DynamicPartitions implements Partitions {
  readonly kind = "dynamic"
  readonly name: string
  readonly column?: string

  constructor(name: string, column: string | undefined) {
    this.name = name
    if (column !== undefined) this.column = column
    Object.freeze(this)
  }

  /** @throws ConfigError `ARGUMENT_INVALID` when the context does not know the keys that were added */
  keys({ dynamicKeys }: PartitionContext): string[] {
    if (dynamicKeys) return [...dynamicKeys(this.name)]
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `The keys of dynamicPartitions("${this.name}") are not known here.`,
      why: "They are added while the project lives and kept in its event log, not in its definitions.",
      fix: `Pass them: keys({ now, dynamicKeys: name => [...] }).`,
      details: { name: this.name },
    })
  }

  has(key: string, context: PartitionContext): boolean {
    return this.keys(context).includes(key)
  }

  describe(): Json {
    return { kind: "dynamic", name: this.name, ...(this.column !== undefined && { column: this.column }) }
  }
}

/** Partitions whose keys are added while the project lives, by name: two assets with one name share them. */
export function dynamicPartitions(name: string, options: { readonly column?: string } = {}): Partitions {
  const declaredAt = new Error("declared here")
  return declarePartitions("dynamic", () => {
    if (typeof name === "string" && /^[A-Za-z0-9_.-]+$/.test(name)) return new DynamicPartitions(name, options.column)
    throw partitionsFault(
      declaredAt,
      `dynamicPartitions has the name ${JSON.stringify(name)}.`,
      "Its keys are kept under its name.",
      "Use letters, digits, '_', '.' and '-'.",
    )
  })
}
