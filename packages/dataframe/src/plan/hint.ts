import { FrameError } from "../errors/frame-error.ts"
import { columnNamed } from "./column-named.ts"
import type { Hint, Relation } from "./relation.ts"

export function withHint(input: Relation, hint: Hint): Relation {
  return { kind: "hint", input, hint, schema: input.schema }
}

/** `repartition(n, …columns)`: so many partitions, rows of equal columns in the same one. */
export function repartition(input: Relation, partitions: unknown, names: readonly unknown[]): Relation {
  const columns = names.map(name => columnNamed(input.schema.columns, name).name)
  return withHint(input, { name: "repartition", partitions: counted(partitions, "repartition"), columns })
}

export function coalescePartitions(input: Relation, partitions: unknown): Relation {
  return withHint(input, { name: "coalesce", partitions: counted(partitions, "coalescePartitions") })
}

/** A number of partitions or buckets. @throws FrameError `FRAME_ARGUMENT_INVALID` */
export function counted(count: unknown, method: string): number {
  if (typeof count === "number" && Number.isSafeInteger(count) && count > 0) return count
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${method} was given ${String(count)}.`,
    why: "It counts in whole numbers from 1.",
    fix: "Give for one 16.",
  })
}

/** Whether the rows of a relation are said to be few. */
export function hasBroadcastHint(relation: Relation): boolean {
  return relation.kind === "hint" && (relation.hint.name === "broadcast" || hasBroadcastHint(relation.input))
}
