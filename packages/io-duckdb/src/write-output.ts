import {
  type EngineSession,
  faultPoint,
  type Materialization,
  type OutputContext,
  type OutputValue,
  StorageError,
} from "@assets/core"
import { isMapped, type Relation, requireStorable, type Schema } from "@assets/dataframe"
import type { Lease } from "./connection-pool.ts"
import type { DatabaseFile, Hold } from "./database-file.ts"
import { DuckdbSession, freeOrder, keepOrder } from "./duckdb-session.ts"
import type { FileAccess } from "./file-access.ts"
import { ensureSchemas, writeRecord } from "./materialization-table.ts"
import { isOrdered, tablesOf } from "./relation-walk.ts"
import { type NewRows, type Replaced, replaceRows } from "./replace-rows.ts"
import { quotePath } from "./sql-text.ts"
import type { StagedRows } from "./stage-rows.ts"
import type { StagedExchange } from "./staged-exchange.ts"
import { refuseUnstorableNames, tableOf } from "./stored-table.ts"

type FrameOutput = OutputValue & { readonly kind: "relation" | "batches" }
type PlainOutput = OutputValue & { readonly kind: "json" | "nothing" }

/** What a write of rows works with. */
interface Writing {
  readonly context: OutputContext
  readonly access: FileAccess
  readonly file: DatabaseFile
  readonly session: DuckdbSession
  readonly schema: Schema
}

/** Rows to be stored, and what an earlier write of them saw. */
interface Rows {
  readonly relation: Relation
  readonly columns?: StagedRows["columns"]
  readonly readableAs?: NewRows["readableAs"]
  readonly usage?: NonNullable<StagedRows["usage"]>
}

/**
 * Stores the rows of a value in its table, with their record. They are computed straight into the table, in a transaction
 * that ends once the checks have passed. Where another process has or wants the file, they are computed into a staged
 * file, and the database is held for their insert alone.
 */
export async function writeFrame(
  access: FileAccess,
  context: OutputContext,
  session: EngineSession,
  value: FrameOutput,
): Promise<Materialization> {
  const file = access.file(context)
  const schema = value.schema as Schema // core hands on what the dataframe made
  requireStorable(schema)
  refuseUnstorableNames(schema)
  if (!(session instanceof DuckdbSession)) {
    const exchange = await access.exchange(context, session)
    const own = { context, access, file, session: exchange.session, schema }
    return insertFrom(session, exchange, own, value)
  }
  access.introduce(session, file, context)
  const writing: Writing = { context, access, file, session, schema }
  if (value.kind === "relation") return writeRelation(writing, value.relation as Relation) // the dataframe's, as the schema
  // The rows of a stream are taken in first, so that the file is not held while they are made.
  const uploaded = await session.upload(value.batches(), schema)
  try {
    return await insertHeld(writing, { relation: uploaded })
  } finally {
    if (uploaded.kind === "table") await session.dropUpload(uploaded.path)
  }
}

/**
 * Takes rows into the table that an engine has computed which cannot attach the file: from files that it wrote, so that
 * the file is held for their insert alone. The engine then checks what it can read: the same files where they are all
 * that the table holds, else a copy of what the transaction sees.
 */
async function insertFrom(
  engine: EngineSession,
  exchange: StagedExchange,
  writing: Writing,
  value: FrameOutput,
): Promise<Materialization> {
  const { context, session, schema } = writing
  const staged =
    value.kind === "relation"
      ? await exchange.stage(engine, value.relation as Relation, context) // the dataframe's, as the schema
      : await stageBatches(exchange, writing, value)
  const copies: StagedRows[] = []
  const readableAs = async (stored: Relation) => {
    if (context.write === "overwrite") return staged.relation
    const copy = await exchange.stage(session, stored, context)
    copies.push(copy)
    return copy.relation
  }
  try {
    // Of the step's engine: what the copy into the table uses is not its.
    const { relation, columns, usage = {} } = staged
    return await insertHeld(writing, { relation: { ...relation, schema }, columns, usage, readableAs })
  } finally {
    for (const { remove } of [staged, ...copies]) await remove()
  }
}

async function stageBatches(
  exchange: StagedExchange,
  { context, session, schema }: Writing,
  value: FrameOutput & { readonly kind: "batches" },
): Promise<StagedRows> {
  const uploaded = await session.upload(value.batches(), schema)
  try {
    return await exchange.stage(session, uploaded, context)
  } finally {
    if (uploaded.kind === "table") await session.dropUpload(uploaded.path)
  }
}

async function writeRelation(writing: Writing, relation: Relation): Promise<Materialization> {
  const { session, context, file } = writing
  // Who holds one file while it waits for another one may wait for somebody who does the opposite.
  const readsElsewhere = tablesOf(relation).some(([alias]) => alias !== file.alias && alias?.startsWith("file_"))
  // Functions of the project make their rows before the file is held.
  const written = readsElsewhere || isMapped(relation) ? undefined : await insertUnlessWanted(writing, relation)
  if (written) return written
  const staged = await session.stage(relation, context.stepId, context.signal)
  try {
    return await insertHeld(writing, staged)
  } finally {
    await staged.remove()
  }
}

/** Computes straight into the table; undefined, and nothing changed, when another process has or wants the file. */
async function insertUnlessWanted(writing: Writing, relation: Relation): Promise<Materialization | undefined> {
  const { context, file, session } = writing
  const hold = await file.holdAtOnce(session.instance, context)
  if (!hold) return undefined
  const wanted = new AbortController()
  const stopLooking = file.whenWanted(() => wanted.abort())
  try {
    const signal = AbortSignal.any([context.signal, wanted.signal])
    return await insert(writing, { relation }, signal, stopLooking)
  } catch (error) {
    if (wanted.signal.aborted && !context.signal.aborted) return undefined
    throw error
  } finally {
    stopLooking()
    await hold.release()
  }
}

async function insertHeld(writing: Writing, rows: Rows): Promise<Materialization> {
  const { access, context, file, session } = writing
  const hold: Hold = await file.hold(session.instance, "write", access.holdOptions(context))
  try {
    return await insert(writing, rows, context.signal, () => {})
  } finally {
    await hold.release()
  }
}

async function insert(
  { context, file, session, schema }: Writing,
  { relation, columns, usage, readableAs }: Rows,
  signal: AbortSignal,
  onStored: () => void,
): Promise<Materialization> {
  const path = tableOf(file.alias, context.key)
  return session.withTransaction(relation, context.stepId, signal, async lease => {
    await makeSchemas(lease, file, context.key)
    const sorted = isOrdered(relation) || (context.layout?.sortBy?.length ?? 0) > 0
    await lease.run(sorted ? keepOrder : freeOrder)
    faultPoint("io.write")
    const seen = { ...(columns && { columns }), ...(usage && { usage }) }
    const rows = { path, relation, schema, onStored, ...seen, ...(readableAs && { readableAs }) }
    return inTransaction(context, lease, () => replaceRows(context, session, lease, rows))
  })
}

/** Stores a value that is no table, or the record of one that stores itself. */
export async function writePlain(
  access: FileAccess,
  context: OutputContext,
  value: PlainOutput,
): Promise<Materialization> {
  const file = access.file(context)
  const path = tableOf(file.alias, context.key)
  const partition = context.partitions[0] ?? null
  return access.onRecords(file, "write", context, async lease => {
    await makeSchemas(lease, file, context.key)
    faultPoint("io.write")
    return inTransaction(context, lease, async () => {
      const materialization = await context.approve({ stored: value })
      faultPoint("io.marker")
      if (partition === null) await lease.run(`DROP TABLE IF EXISTS ${quotePath(path)}`)
      const stored = { partition, materialization, ...(value.kind === "json" && { value: value.value }) }
      await writeRecord(lease, path, stored, new Set())
      return { materialization, isNew: true }
    })
  })
}

async function makeSchemas(lease: Lease, file: DatabaseFile, key: string): Promise<void> {
  await file.schemas.take()
  try {
    await ensureSchemas(lease, file.alias, tableOf(file.alias, key)[1])
  } finally {
    file.schemas.give()
  }
}

async function inTransaction(
  context: OutputContext,
  lease: Lease,
  work: () => Promise<Replaced>,
): Promise<Materialization> {
  await lease.run("BEGIN")
  try {
    const { materialization, isNew } = await work()
    if (!isNew) await lease.rollback()
    else {
      faultPoint("io.pointer")
      context.commit(() => undefined)
      await lease.run("COMMIT")
    }
    return materialization
  } catch (error) {
    await lease.rollback()
    throw conflictOf(error)
  }
}

/** Steps of one process write at once in one instance: what two of them change together is the one's who is first. */
function conflictOf(error: unknown): unknown {
  const text = error instanceof Error ? `${error.message} ${"why" in error ? error.why : ""}` : ""
  if (!/write-write conflict|Conflict on|Transaction conflict/i.test(text)) return error
  return new StorageError("STORAGE_CONFLICT", {
    what: "Another write to the database file changed the same record first.",
    why: text.trim(),
    fix: "Run again: the step then sees what the other one stored.",
    cause: error,
  })
}
