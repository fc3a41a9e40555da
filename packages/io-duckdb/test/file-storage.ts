import type { IOManager, Materialization, OutputValue, StoredValue } from "@assets/core"
import { ioContext, type OutputRequest, outputContext } from "@assets/core/testing"
import type { Relation, Schema } from "@assets/dataframe"
import { onTestFinished } from "vitest"
import type { DuckdbSession } from "../src/duckdb-session.ts"
import { duckdbFileIO } from "../src/index.ts"
import { numberColumns, openSession, sql, temporaryFolder } from "./tables.ts"

/** A database file in a folder of its own, with a manager and an engine over it. */
export interface Storage {
  readonly base: string
  readonly file: string
  readonly io: IOManager
  readonly session: DuckdbSession
}

export const key = "marts/numbers"

export async function openStorage(base: string = temporaryFolder(), waitMs = 60_000): Promise<Storage> {
  const session = await openSession()
  const io = duckdbFileIO({ path: "w.duckdb", waitMs })
  onTestFinished(() => io.close?.())
  return { base, file: `${base}/w.duckdb`, io, session }
}

export function write(
  { base, io, session }: Storage,
  value: OutputValue,
  request: Partial<OutputRequest> = {},
): Promise<Materialization> {
  return io.handleOutput(outputContext({ base, session: async () => session, key, ...request }), value)
}

export function load(
  { base, io, session }: Storage,
  materializations: readonly Materialization[],
  partitions: readonly string[] = [],
  schema: Schema = numberColumns,
): Promise<StoredValue> {
  const input = { ...ioContext(base), key: materializations[0]?.key ?? key, materializations, partitions, schema }
  return io.loadInput({ ...input, session: async () => session })
}

export function relationOf(stored: StoredValue): Relation {
  if (stored.kind !== "relation") throw new Error(`${stored.kind} is no table`)
  return stored.relation as Relation // of this package's own manager
}

export async function rowsOf({ session }: Storage, stored: StoredValue): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const batch of session.batches(relationOf(stored), new AbortController().signal)) {
    // the batches of this engine are Arrow's
    const found = (batch as unknown as { toArray(): { toJSON(): Record<string, unknown> }[] }).toArray()
    rows.push(...found.map(row => row.toJSON()))
  }
  return rows
}

export async function countOf(storage: Storage, stored: StoredValue): Promise<number> {
  return (await rowsOf(storage, stored)).length
}

export async function currentOf({ base, io }: Storage, of = key) {
  return (await io.current(ioContext(base), [of])).get(of) ?? []
}

/** Changes the file as somebody would by hand. */
export async function byHand({ file, session }: Storage, ...statements: readonly string[]): Promise<void> {
  await sql(session, `ATTACH '${file.replaceAll("'", "''")}' AS byhand`)
  for (const statement of statements) await sql(session, statement)
  await sql(session, "DETACH byhand")
}
