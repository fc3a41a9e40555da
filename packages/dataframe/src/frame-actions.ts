import type { RecordBatch, Table } from "apache-arrow"
import { FrameError } from "./errors/frame-error.ts"
import { aggregate } from "./plan/aggregate.ts"
import { planText } from "./plan/plan-text.ts"
import type { Relation } from "./plan/relation.ts"
import { limit } from "./plan/select-rows.ts"
import type { OpenSession } from "./session/engine-session.ts"
import { type RowObject, rowsOf } from "./session/row-reader.ts"
import { tableOf } from "./session/show-rows.ts"

const COLLECT_LIMIT_BYTES = 2 ** 30

/** Streams the batches of a plan; the query is interrupted when the reader stops early. */
export async function* batches(relation: Relation, open: OpenSession): AsyncGenerator<RecordBatch> {
  const session = await open()
  const stopped = new AbortController()
  try {
    // an engine's batches are Arrow's; core calls them opaque
    yield* session.batches(relation, stopped.signal) as AsyncIterable<RecordBatch>
  } finally {
    stopped.abort()
  }
}

export async function* rows(relation: Relation, open: OpenSession): AsyncGenerator<RowObject> {
  for await (const batch of batches(relation, open)) yield* rowsOf(batch, relation.schema)
}

export async function take(relation: Relation, open: OpenSession): Promise<RowObject[]> {
  const taken: RowObject[] = []
  for await (const row of rows(relation, open)) taken.push(row)
  return taken
}

export async function collect(relation: Relation, open: OpenSession, limitBytes = COLLECT_LIMIT_BYTES): Promise<Table> {
  const { Schema, Field, Table } = await import("apache-arrow")
  const { arrowTypeOf } = await import("./schema/arrow-type.ts")
  const collected: RecordBatch[] = []
  let bytes = 0
  for await (const batch of batches(relation, open)) {
    bytes += batch.data.byteLength
    if (bytes > limitBytes) throw tooMuch(limitBytes)
    collected.push(batch)
  }
  const schema = new Schema(relation.schema.columns.map(({ name, type }) => new Field(name, arrowTypeOf(type), true)))
  return collected.length > 0 ? new Table(collected) : new Table(schema)
}

function tooMuch(limitBytes: number): FrameError {
  const mebibytes = Math.round(limitBytes / 2 ** 20)
  return new FrameError("FRAME_COLLECT_LIMIT", {
    what: `collect() would bring more than ${mebibytes} MiB into memory.`,
    why: "It holds the whole result in this process.",
    fix: "Aggregate or limit first, stream with rows() or batches(), or pass a higher collectLimitBytes.",
    details: { collectLimitBytes: limitBytes },
  })
}

export async function count(relation: Relation, open: OpenSession): Promise<number> {
  const one = { kind: "literal", value: 1 } as const
  const counted = aggregate(relation, [], [{ name: "rows", unresolved: { kind: "call", name: "count", args: [one] } }])
  const [row] = await take(counted, open)
  return Number(row?.rows ?? 0)
}

export async function show(relation: Relation, open: OpenSession, shown: unknown): Promise<void> {
  const taken = await take(limit(relation, shown), open)
  const names = relation.schema.columns.map(column => column.name)
  process.stdout.write(`${tableOf(taken, names)}\n`)
}

export async function explain(relation: Relation, open: OpenSession, engine: boolean): Promise<string> {
  const text = planText(relation)
  return engine ? `${text}\n\n${await (await open()).explain(relation)}` : text
}
