import type { RecordBatch } from "apache-arrow"
import type { Relation } from "./plan/relation.ts"
import { sort } from "./plan/select-rows.ts"
import type { Schema } from "./schema/schema.ts"
import { isOrderable } from "./schema/type-family.ts"
import { ContentDigest } from "./session/content-digest.ts"
import type { EngineSession } from "./session/engine-session.ts"

/** Whether a table's rows can be told whatever their order: a map has none, so rows that hold one cannot be sorted. */
export function isDigestible(schema: Schema): boolean {
  return schema.columns.every(({ type }) => isOrderable(type))
}

/** SHA-256 of a table's rows, in hex, whatever their order: the engine sorts them, on disk where they are many. */
export async function digestFrame(table: Relation, session: EngineSession, signal: AbortSignal): Promise<string> {
  const { columns } = table.schema
  const sorted = sort(
    table,
    columns.map(({ name }) => ({ kind: "column" as const, name })),
  )
  const digest = new ContentDigest(table.schema)
  // an engine's batches are Arrow's; core calls them opaque
  for await (const batch of session.batches(sorted, signal) as AsyncIterable<RecordBatch>) digest.add(batch)
  return digest.hex()
}
