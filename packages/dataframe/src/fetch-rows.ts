import type { RecordBatch } from "apache-arrow"
import type { Relation } from "./plan/relation.ts"
import type { EngineSession } from "./session/engine-session.ts"
import { type RowObject, rowsOf } from "./session/row-reader.ts"

export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue }

/** Brings the rows of a relation into memory: of one that gives few. */
export async function fetchRows(relation: Relation, session: EngineSession, signal: AbortSignal): Promise<RowObject[]> {
  const rows: RowObject[] = []
  // an engine's batches are Arrow's; core calls them opaque
  for await (const batch of session.batches(relation, signal) as AsyncIterable<RecordBatch>) {
    rows.push(...rowsOf(batch, relation.schema))
  }
  return rows
}

/** A value as the event log keeps it, and as people see it: what JSON has no form for is text. */
export function plainValue(value: unknown): PlainValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  if (value instanceof Map) return [...value].map(([key, entry]) => [plainValue(key), plainValue(entry)])
  if (Array.isArray(value)) return value.map(plainValue)
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainValue(inner)]))
  }
  return String(value)
}
