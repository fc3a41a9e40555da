import { setMaxListeners } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import {
  type EngineSession,
  type ExportTarget,
  isS3Url,
  type Progress,
  type QueryBatch,
  type QueryViews,
  type RecordBatch,
  type ScratchFolder,
  type Target,
  thrownBy,
  type WriteOptions,
  type WriteResult,
  type WriteUsage,
} from "@assets/core"
import {
  explainMaps,
  isMapped,
  mappedBatches,
  type Relation,
  requireStorable,
  type Schema,
  withoutMaps,
} from "@assets/dataframe"
import type { DuckDBDataChunk, DuckDBInstance } from "@duckdb/node-api"
import { appendBatches } from "./append-batches.ts"
import { ArrowReader } from "./arrow-reader.ts"
import { compiled } from "./compiled-sql.ts"
import { ConnectionPool, type Lease, Turns } from "./connection-pool.ts"
import { loadBindings } from "./duckdb-bindings.ts"
import { columnDefinitions, schemaGuard } from "./duckdb-types.ts"
import { Extensions } from "./extension.ts"
import { ObjectAccess, objectUrlsOf } from "./object-access.ts"
import { writeParquet } from "./parquet-write.ts"
import { copyToFile, createView, dropViews, keysIn, readOnlyRows } from "./query-views.ts"
import { isOrdered, readsDelta, tablesOf } from "./relation-walk.ts"
import { quotePath } from "./sql-text.ts"
import { type StagedRows, stageRows } from "./stage-rows.ts"
import { pinnedVersions, requireVersions } from "./stored-versions.ts"
import { UsageWatch } from "./usage-watch.ts"

type CoreRelation = Parameters<EngineSession["schema"]>[0]

/** A batch is given when it has this many rows, or texts of this many bytes. */
const batchRows = 122_880
const batchBytes = 64 * 1024 * 1024

/** Rows that a reader may see in the order in which they are stored. */
export const keepOrder = "SET SESSION preserve_insertion_order = true"
/** Without it, threads write without waiting for one another. A sort at the top of a query holds all the same. */
export const freeOrder = "SET SESSION preserve_insertion_order = false"

const never = new AbortController().signal
setMaxListeners(0, never) // each statement that runs listens to it

/** Makes the databases readable that a statement names, for as long as the statement runs. */
export interface AttachedDatabase {
  /** The name under which the database's tables stand in relations. */
  readonly alias: string
  /** Attaches it, or joins who has it attached; what it gives detaches. `waiting` is told of a wait for others. */
  attach(signal: AbortSignal, waiting?: (holder: string) => void): Promise<() => Promise<void>>
}

interface StatementViews {
  readonly text: string
  readonly views: QueryViews
  readonly signal: AbortSignal
  /** Gets what gives back the databases that the views read. */
  readonly releases: (() => Promise<void>)[]
}

interface Acquired {
  readonly lease: Lease
  release(): Promise<void>
}

export interface SessionFolders {
  /** For staged rows. */
  readonly scratch: string
  /** Where the instance spills, when that is another one: it goes with the session. */
  readonly spill?: ScratchFolder
}

/** An open DuckDB: one instance in memory, and a connection for each statement that runs. */
export class DuckdbSession implements EngineSession {
  readonly dialect = "duckdb"
  readonly #instance: DuckDBInstance
  readonly #pool: ConnectionPool
  readonly #extensions: Extensions
  readonly #objects: ObjectAccess
  readonly #databases = new Map<string, AttachedDatabase>()
  /** Connections by the temporary relation that only they see. */
  readonly #pinned = new Map<string, Lease>()
  readonly #folders: SessionFolders
  readonly #statements = new Turns(1)
  readonly #watch: UsageWatch
  #uploads = 0

  /** `settings` are statements that each new connection runs. */
  constructor(instance: DuckDBInstance, settings: readonly string[], folders: SessionFolders) {
    this.#instance = instance
    this.#pool = new ConnectionPool(instance, settings)
    this.#extensions = new Extensions(instance)
    this.#objects = new ObjectAccess(instance, this.#extensions)
    this.#folders = folders
    this.#watch = new UsageWatch(instance)
  }

  get instance(): DuckDBInstance {
    return this.#instance
  }

  async schema(plan: CoreRelation): Promise<Schema> {
    return relationOf(plan).schema
  }

  async write(plan: CoreRelation, target: Target, options: WriteOptions): Promise<WriteResult> {
    const relation = relationOf(plan)
    requireStorable(relation.schema)
    if (isMapped(relation)) {
      const running = { signal: options.signal, failed: failedMap }
      return withoutMaps(this, relation, running, printable => this.write(printable, target, options))
    }
    if (isS3Url(target.path)) await this.#objects.allow([target.path])
    // the step can be stopped from here on, also while headers are read
    return this.withRelation(relation, options.stepId, options.signal, async lease => {
      const source = { ...(await compiled(relation, lease)), schema: relation.schema, ordered: isOrdered(relation) }
      await lease.run(freeOrder)
      const { result, usage } = await this.watched(() => writeParquet(lease, source, target, options.layout))
      return { ...result, ...(usage && { usage }) }
    })
  }

  async *batches(plan: CoreRelation, signal: AbortSignal): AsyncGenerator<RecordBatch, void, undefined> {
    const relation = relationOf(plan)
    if (isMapped(relation)) return yield* mappedBatches(this, relation, { signal, failed: failedMap })
    const [arrow, duckdb] = await Promise.all([import("apache-arrow"), loadBindings()])
    const reader = new ArrowReader(arrow, duckdb, relation.schema)
    const { lease, release } = await this.#acquire(relation, undefined, signal)
    try {
      const { sql } = await compiled(relation, lease)
      await lease.run(keepOrder)
      let held: DuckDBDataChunk[] = []
      let rows = 0
      let bytes = 0
      for await (const chunk of lease.chunks(sql, schemaGuard(relation.schema))) {
        held.push(chunk)
        rows += chunk.rowCount
        bytes += reader.variableBytes(chunk)
        if (rows < batchRows && bytes < batchBytes) continue
        yield reader.batch(held)
        held = []
        rows = 0
        bytes = 0
      }
      if (rows > 0) yield reader.batch(held)
    } finally {
      await release()
    }
  }

  async upload(batches: AsyncIterable<RecordBatch>, schema: Parameters<EngineSession["upload"]>[1]): Promise<Relation> {
    const columns = schema as Schema // core hands on what the dataframe made
    requireStorable(columns)
    const path = ["memory", "main", `upload_${++this.#uploads}`] as const
    await this.#pool.use(undefined, never, async lease => {
      await lease.run(`CREATE TABLE ${quotePath(path)} (${columnDefinitions(columns)})`)
      try {
        await appendBatches(lease, path, columns, batches)
      } catch (error) {
        await lease.run(`DROP TABLE ${quotePath(path)}`)
        throw error
      }
    })
    return { kind: "table", path, schema: columns }
  }

  async explain(plan: CoreRelation): Promise<string> {
    const relation = relationOf(plan)
    if (isMapped(relation)) return explainMaps(this, relation)
    return this.withRelation(relation, undefined, never, async lease => {
      const { sql } = await compiled(relation, lease)
      const rows = await lease.rows(`EXPLAIN ${sql}`)
      return `${sql}\n\n${rows.map(row => String(row.explain_value)).join("\n")}`
    })
  }

  async *query(text: string, views: QueryViews, signal: AbortSignal): AsyncGenerator<QueryBatch> {
    const task = this.#pool.begin(undefined, signal)
    const releases: (() => Promise<void>)[] = []
    try {
      const lease = await this.#pool.lease(task)
      const rows = readOnlyRows(lease, text)
      const first = await this.#withViews(lease, { text, views, signal, releases }, () => rows.next())
      if (first.done) return
      yield first.value
      yield* rows
    } finally {
      this.#pool.end(task)
      for (const undo of releases.reverse()) await undo()
    }
  }

  /** The views are there until the statement is bound to what they read: the next statement has views of its own. */
  async #withViews<T>(
    lease: Lease,
    { text, views, signal, releases }: StatementViews,
    bind: () => Promise<T>,
  ): Promise<T> {
    const keys: string[] = []
    await this.#statements.take()
    try {
      for (const key of await keysIn(lease, text, views.keys())) {
        const relation = relationOf((await views.get(key)?.()) ?? { kind: "missing" })
        releases.push(await this.#attach(relation, signal))
        await this.requirePinned(lease, relation)
        keys.push(key)
        await createView(lease, key, relation)
      }
      return await bind()
    } finally {
      try {
        // On another connection: this one is about to give rows.
        if (keys.length > 0) await this.#pool.use(undefined, never, other => dropViews(other, keys))
      } finally {
        this.#statements.give()
      }
    }
  }

  async exportFile(plan: CoreRelation, target: ExportTarget, signal: AbortSignal): Promise<{ readonly rows: number }> {
    const relation = relationOf(plan)
    return this.withRelation(relation, undefined, signal, async lease => {
      await lease.run(keepOrder)
      return { rows: await copyToFile(lease, relation, target) }
    })
  }

  progress(stepId: string): Progress {
    return this.#pool.progress(stepId)
  }

  async interrupt(stepId: string): Promise<void> {
    this.#pool.interrupt(stepId)
  }

  async close(): Promise<void> {
    this.#pool.close()
    await this.#watch.close()
    this.#instance.closeSync()
    this.#folders.spill?.remove()
  }

  /** What a write gives, and what the instance used meanwhile. */
  async watched<T>(write: () => Promise<T>): Promise<{ readonly result: T; readonly usage: WriteUsage | undefined }> {
    const end = this.#watch.begin()
    let usage: WriteUsage | undefined
    const result = await write().finally(() => {
      usage = end()
    })
    return { result, usage }
  }

  /** Makes relations over the tables of a database readable; it is attached only while a statement needs it. */
  know(database: AttachedDatabase): void {
    this.#databases.set(database.alias, database)
  }

  /** Statements over the temporary relation `name` run on this connection, which alone sees it, until it is unpinned. */
  pin(name: string, lease: Lease): () => void {
    this.#pinned.set(name, lease)
    return () => this.#pinned.delete(name)
  }

  /** Computes a relation into files of the run's scratch folder; `remove` deletes them. */
  async stage(relation: Relation, stepId: string, signal: AbortSignal): Promise<StagedRows> {
    const path = await mkdtemp(join(this.#folders.scratch, "staged-"))
    const remove = () => rm(path, { recursive: true, force: true })
    return stageRows(this, relation, { path, remove, stepId, signal })
  }

  /** Gives the memory of an upload back before the session closes. */
  async dropUpload(path: readonly string[]): Promise<void> {
    await this.#pool.use(undefined, never, lease => lease.run(`DROP TABLE IF EXISTS ${quotePath(path)}`))
  }

  /** Rejects when a table that the relation reads is no longer the one that its reader was told of. */
  async requirePinned(lease: Lease, relation: Relation): Promise<void> {
    for (const path of tablesOf(relation)) {
      const wanted = pinnedVersions(path)
      if (wanted) await requireVersions(lease, path[0] ?? "", wanted)
    }
  }

  /** Gives `work` a connection on which the statement of a relation can run, over data of one moment. */
  async withRelation<T>(
    relation: Relation,
    stepId: string | undefined,
    signal: AbortSignal,
    work: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    const { lease, release } = await this.#acquire(relation, stepId, signal)
    try {
      return await work(lease)
    } finally {
      await release()
    }
  }

  /** Like `withRelation`, for work with a transaction of its own, in which it calls `requirePinned`. */
  async withTransaction<T>(
    relation: Relation,
    stepId: string | undefined,
    signal: AbortSignal,
    work: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    await this.#pool.macros() // a transaction that has begun would not see them
    const { lease, release } = await this.#connect(relation, stepId, signal)
    try {
      return await work(lease)
    } finally {
      await release()
    }
  }

  /**
   * A connection for a statement. Where it reads what another process or step could replace, it begins a transaction and
   * looks in it: what the statement reads is then what was looked at.
   */
  async #acquire(relation: Relation, stepId: string | undefined, signal: AbortSignal): Promise<Acquired> {
    if (!tablesOf(relation).some(path => pinnedVersions(path))) return this.#connect(relation, stepId, signal)
    await this.#pool.macros()
    const { lease, release } = await this.#connect(relation, stepId, signal)
    const end = async () => {
      if (!lease.spoiled) await lease.rollback()
      await release()
    }
    try {
      await lease.run("BEGIN")
      await this.requirePinned(lease, relation)
      return { lease, release: end }
    } catch (error) {
      await end()
      throw error
    }
  }

  async #connect(relation: Relation, stepId: string | undefined, signal: AbortSignal): Promise<Acquired> {
    for (const path of tablesOf(relation)) {
      const pinned = path[0] === "temp" ? this.#pinned.get(path.at(-1) ?? "") : undefined
      if (pinned) return { lease: pinned, release: async () => {} }
    }
    const task = this.#pool.begin(stepId, signal)
    let detach = async () => {}
    const release = async () => {
      this.#pool.end(task)
      await detach()
    }
    try {
      detach = await this.#attach(relation, signal)
      return { lease: await this.#pool.lease(task), release }
    } catch (error) {
      await release()
      throw error
    }
  }

  /** Attaches the databases that a relation reads; what it gives detaches them. */
  async #attach(relation: Relation, signal: AbortSignal): Promise<() => Promise<void>> {
    const attached: (() => Promise<void>)[] = []
    const detach = async () => {
      for (const undo of attached.splice(0).reverse()) await undo()
    }
    try {
      await this.#objects.allow(objectUrlsOf(relation))
      if (readsDelta(relation)) await this.#extensions.load("delta")
      const paths = tablesOf(relation)
      // In one order for all, so that no two processes wait for each other.
      for (const alias of [...new Set(paths.map(path => path[0] ?? ""))].sort()) {
        const waiting = paths.map(path => (path[0] === alias ? pinnedVersions(path)?.waiting : undefined)).find(Boolean)
        const database = this.#databases.get(alias)
        if (database) attached.push(await database.attach(signal, waiting))
      }
      return detach
    } catch (error) {
      await detach()
      throw error
    }
  }
}

function failedMap(thrown: unknown): Error {
  return thrownBy("The function of mapBatches", thrown)
}

/** Core hands relations on without looking into them; those of this session are the dataframe's. */
function relationOf(plan: CoreRelation): Relation {
  return plan as Relation
}
