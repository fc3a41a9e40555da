import { mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import {
  EngineError,
  type EngineSession,
  type ExportTarget,
  type Progress,
  type QueryBatch,
  type QueryViews,
  type RecordBatch,
  thrownBy,
  type WriteOptions,
  type WriteResult,
} from "@assets/core"
import {
  compileSpark,
  explainMaps,
  isMapped,
  mappedBatches,
  type Relation,
  requireStorable,
  type Schema,
  withoutMaps,
} from "@assets/dataframe"
import type { RecordBatch as ArrowBatch } from "apache-arrow"
import { BatchReader } from "./arrow-batch.ts"
import { CatalogStatements } from "./catalog/catalog-statements.ts"
import type { SparkClient } from "./connect/client.ts"
import { interruptedError } from "./connect/error.ts"
import type { ExecuteOptions } from "./connect/execution.ts"
import { collectMetrics, type SparkRelation, sql } from "./connect/relation.ts"
import { exportOptions, placePart } from "./export-file.ts"
import type { FileTarget } from "./file-format.ts"
import { FileViews } from "./file-views.ts"
import { type FileWrite, writeFiles } from "./file-write.ts"
import { OrcZone } from "./orc/orc-zone.ts"
import { jsonBatches } from "./query-rows.ts"
import { RowUploads } from "./row-uploads.ts"
import { RunningSteps } from "./running-steps.ts"
import { asSubquery, nameViews } from "./spark-query.ts"
import { quoteName, sparkPath } from "./spark-sql-text.ts"
import { type Place, storageErrorOf } from "./spark-storage-error.ts"
import { UsageOfWrites } from "./write-usage.ts"

type CoreRelation = Parameters<EngineSession["schema"]>[0]

export interface SessionResources {
  readonly client: SparkClient
  /** For staged rows. */
  readonly scratch: string
  /** Why the server that was started for the session has ended by itself; undefined while it runs. Left out for one that ran already. */
  failure?(): EngineError | undefined
  /** Ends what the session has started. */
  stop(): Promise<void>
}

/** A session on a Spark Connect server. Its statements share the session's views and settings. */
export class SparkSession implements EngineSession {
  readonly dialect = "spark"
  readonly catalog: CatalogStatements
  readonly #client: SparkClient
  readonly #resources: SessionResources
  readonly #files: FileViews
  readonly #orcZone: OrcZone
  readonly #steps: RunningSteps
  readonly #uploads: RowUploads
  readonly #usage: UsageOfWrites
  #hasLost = false

  constructor(resources: SessionResources) {
    this.#client = resources.client
    this.catalog = new CatalogStatements(resources.client)
    this.#resources = resources
    this.#orcZone = new OrcZone(resources.client)
    this.#files = new FileViews(resources.client, this.#orcZone)
    this.#uploads = new RowUploads(resources.client, resources.scratch)
    this.#steps = new RunningSteps(resources.client)
    this.#usage = new UsageOfWrites(resources.client)
  }

  async schema(plan: CoreRelation): Promise<Schema> {
    return relationOf(plan).schema
  }

  async write(plan: CoreRelation, target: FileTarget, options: WriteOptions): Promise<WriteResult> {
    const relation = relationOf(plan)
    const { schema } = relation
    requireStorable(schema)
    const { layout = {} } = options
    const { format } = target
    if (format === "orc") await this.#told({}, () => this.#orcZone.confirm(schema))
    return this.#steps.run(options.stepId, options.signal, execution =>
      withoutMaps(this, relation, running(execution.signal ?? options.signal), async printable => {
        const source = { sql: await this.#compiled(printable, execution.signal), schema }
        const { result, usage } = await this.#told({ target: target.path }, () =>
          this.#usage.of(execution, listening =>
            writeFiles(source, target, layout, {
              run: write => this.#store(write, listening()),
              read: paths => this.#compiled({ kind: "files", format, paths, schema }),
            }),
          ),
        )
        return { ...result, usage }
      }),
    )
  }

  async #store({ sql: text, path, ...how }: FileWrite, execution: ExecuteOptions): Promise<void> {
    const target = { ...how, path: sparkPath(path), mode: "error" } as const
    await this.#client.write(sql(text), target, execution)
  }

  async *batches(plan: CoreRelation, signal: AbortSignal): AsyncGenerator<RecordBatch, void, undefined> {
    const relation = relationOf(plan)
    if (isMapped(relation)) return yield* mappedBatches(this, relation, running(signal))
    const arrow = await import("apache-arrow")
    const reader = new BatchReader(arrow, relation.schema)
    const text = await this.#compiled(relation, signal)
    try {
      for await (const batch of this.#client.batches(sql(text), { signal })) {
        if (batch.numRows > 0) yield reader.batch(batch)
      }
    } catch (error) {
      throw await this.#error(error, {})
    }
  }

  async upload(batches: AsyncIterable<RecordBatch>, schema: Parameters<EngineSession["upload"]>[1]): Promise<Relation> {
    const columns = schema as Schema // core hands on what the dataframe made
    requireStorable(columns)
    // an engine is given Arrow's
    const name = await this.#told({}, () => this.#uploads.create(batches as AsyncIterable<ArrowBatch>, columns))
    return { kind: "table", path: [name], schema: columns }
  }

  async explain(plan: CoreRelation): Promise<string> {
    const relation = relationOf(plan)
    if (isMapped(relation)) return explainMaps(this, relation)
    const text = await this.#compiled(relation)
    return `${text}\n\n${await this.#client.explain(sql(text), "formatted")}`
  }

  async *query(text: string, views: QueryViews, signal: AbortSignal): AsyncGenerator<QueryBatch> {
    const one = asSubquery(text)
    const named = nameViews(one, views.keys(), key => viewName(key, views))
    for (const key of named.keys) {
      const relation = await views.get(key)?.()
      if (relation) await this.#client.createView(await this.#rowsOf(relationOf(relation)), viewName(key, views))
    }
    try {
      yield* jsonBatches(this.#client, sql(named.text), signal)
    } catch (error) {
      throw await this.#error(error, {})
    }
  }

  async exportFile(plan: CoreRelation, target: ExportTarget, signal: AbortSignal): Promise<{ readonly rows: number }> {
    const relation = relationOf(plan)
    const folder = await mkdtemp(join(this.#resources.scratch, "export-"))
    try {
      return await this.#told({ target: target.path }, () =>
        withoutMaps(this, relation, running(signal), async printable => {
          const path = join(folder, "part")
          const rows = sql(`SELECT /*+ COALESCE(1) */ * FROM (${await this.#compiled(printable, signal)})`)
          const counted = collectMetrics(rows, "exported", ["count(*) AS rows"])
          const to = { ...exportOptions(target), path: sparkPath(path), mode: "error" } as const
          const { metrics } = await this.#client.write(counted, to, { signal })
          await placePart(path, target)
          return { rows: Number(metrics.get("exported")?.rows ?? (await this.#count(printable, signal))) }
        }),
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  progress(stepId: string): Progress {
    return this.#steps.progress(stepId)
  }

  isLost(): boolean {
    return this.#hasLost || this.#resources.failure?.() !== undefined
  }

  async interrupt(stepId: string): Promise<void> {
    await this.#steps.interrupt(stepId)
  }

  async close(): Promise<void> {
    await this.#client.close()
    await this.#resources.stop()
    await this.#uploads.close()
  }

  /** Gives the place of an upload back before the session closes. */
  async dropUpload(path: readonly string[]): Promise<void> {
    await this.#uploads.drop(path.at(-1) ?? "")
  }

  /** Files are made known for every step: one that is stopped leaves, and for the others it goes on. */
  async #compiled(relation: Relation, signal?: AbortSignal): Promise<string> {
    return this.#told({}, async () => {
      const leaves = await unlessStopped(this.#files.leavesOf(relation), signal)
      return compileSpark(relation, leaves).sql
    })
  }

  async #told<T>(place: Place, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw await this.#error(error, place)
    }
  }

  /** What Spark fails by, as what it is for the data, or as the end of the server. */
  async #error(error: unknown, place: Place): Promise<unknown> {
    const code = error instanceof EngineError ? error.code : ""
    if (!endingCodes.has(code)) return storageErrorOf(error, this.#places(place))
    const failure = await this.#endOfServer()
    if (failure !== undefined || code === "ENGINE_SESSION_LOST") this.#hasLost = true
    return code === "ENGINE_OUT_OF_MEMORY" ? error : (failure ?? error)
  }

  #places(place: Place): Place {
    const { failure, scratch } = this.#resources
    return failure ? { ...place, spill: scratch } : place
  }

  /** A server that ends says so to its sessions first. */
  async #endOfServer(): Promise<EngineError | undefined> {
    const { failure } = this.#resources
    if (!failure) return undefined
    for (const deadline = performance.now() + endMs; performance.now() < deadline; await sleep(50)) {
      const found = failure()
      if (found) return found
    }
    return undefined
  }

  async #count(relation: Relation, signal: AbortSignal): Promise<number> {
    let rows = 0
    for await (const batch of this.batches(relation, signal)) rows += batch.numRows
    return rows
  }

  async #rowsOf(relation: Relation): Promise<SparkRelation> {
    return sql(await this.#compiled(relation))
  }
}

/** The longest that a server takes from its last word to its end. */
const endMs = 5_000

/** What a query fails by whose server is gone, or is about to be: a task that fills its heap ends it. */
const endingCodes: ReadonlySet<string> = new Set(["ENGINE_UNREACHABLE", "ENGINE_SESSION_LOST", "ENGINE_OUT_OF_MEMORY"])

/** @throws EngineError `ENGINE_INTERRUPTED` as soon as the signal says so */
async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(interruptedError())
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop)
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

/** How the functions of a plan are run. */
function running(signal: AbortSignal) {
  return { signal, failed: (thrown: unknown) => thrownBy("The function of mapBatches", thrown) }
}

/** The last part of a key, which a statement may name its columns by; the whole key where two keys end alike. */
function viewName(key: string, views: QueryViews): string {
  const last = (one: string) => one.slice(one.lastIndexOf("/") + 1).toLowerCase()
  const isAlone = [...views.keys()].filter(other => last(other) === last(key)).length === 1
  return quoteName(isAlone ? key.slice(key.lastIndexOf("/") + 1) : key)
}

/** Core hands relations on without looking into them; those of this session are the dataframe's. */
function relationOf(plan: CoreRelation): Relation {
  return plan as Relation
}
