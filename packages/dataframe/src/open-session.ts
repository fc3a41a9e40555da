import { setMaxListeners } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BoundDataFrame } from "./data-frame.ts"
import type { FileReader } from "./file-readers.ts"
import { frame } from "./frame.ts"
import { checkedTo } from "./plan/conform.ts"
import { parseQuery } from "./plan/parse-query.ts"
import type { Relation } from "./plan/relation.ts"
import { resolveQuery } from "./plan/resolve-query.ts"
import { boundFrame, relationOf } from "./plan-frame.ts"
import { schemaOf } from "./schema/arrow-type.ts"
import type { Columns } from "./schema/columns.ts"
import type { RowInput } from "./schema/row.ts"
import { DeferredSession } from "./session/deferred-session.ts"
import type { Engine } from "./session/engine-session.ts"
import { environmentEngine } from "./session/environment-engine.ts"
import { findFiles } from "./session/find-files.ts"
import { rowBatches } from "./session/output-batches.ts"

export interface SessionOptions {
  /** IANA zone in which times are read and cut. Default: the environment's, else `UTC`. */
  readonly timeZone?: string
}

/**
 * Opens an engine for a script or a notebook: the frames that the session gives are bound, so that actions run.
 * @param engine an engine, or the name of an environment of the project in the working directory, or of the nearest one
 * above it: then its default engine with its options, variables and time zone
 * @throws FrameError `FRAME_ENVIRONMENT_UNAVAILABLE` for a name where there is no config, or it cannot be loaded
 * @throws ConfigError `ENVIRONMENT_UNKNOWN` with the nearest names
 * @example
 * await using session = await openSession(duckdb())
 * const flights = session.read(parquetFiles("flights/*.parquet", { origin: t.string, delay: t.int64 }))
 * await flights.groupBy("origin").agg(f => ({ worst: max(f.delay) })).show()
 * @example
 * await using session = await openSession("local")
 */
export async function openSession(engine: Engine | string, options: SessionOptions = {}): Promise<Session> {
  if (typeof engine !== "string") return open(engine, options)
  const environment = await environmentEngine(engine, process.cwd())
  return open(environment.engine, { timeZone: environment.timeZone, ...options })
}

async function open(engine: Engine, options: SessionOptions): Promise<Session> {
  const scratch = await mkdtemp(join(tmpdir(), "assets-session-"))
  const now = new Date()
  try {
    const signal = new AbortController().signal
    setMaxListeners(0, signal) // each frame of rows listens to it
    const opened = await engine.open({ timeZone: options.timeZone ?? "UTC", scratch, now, signal })
    return new Session(new DeferredSession(opened, now), scratch)
  } catch (error) {
    await rm(scratch, { recursive: true, force: true })
    throw error
  }
}

/** An open engine. Close it: it holds memory, and on a cluster resources of others. */
export class Session implements AsyncDisposable {
  readonly #engine: DeferredSession
  readonly #scratch: string
  #closed: Promise<void> | undefined

  constructor(engine: DeferredSession, scratch: string) {
    this.#engine = engine
    this.#scratch = scratch
  }

  /**
   * A frame of rows: an array or an iterable (also async) of row objects. They go to the engine at once; a wrong row
   * is told by the first action, as `FRAME_ROW_INVALID` naming row and column.
   */
  createDataFrame<const S extends Columns>(
    columns: S,
    rows: Iterable<RowInput<NoInfer<S>>> | AsyncIterable<RowInput<NoInfer<S>>>,
  ): BoundDataFrame<S> {
    const schema = frame(columns).schema()
    const made = this.#engine.upload(rowBatches(rows, schema), schema) as Promise<Relation> // an engine of ours
    return this.#bound(this.#engine.defer("rows", schema, made))
  }

  /** A frame over files; relative paths and globs are of the working directory. Their rows are read by actions only. */
  read<S extends Columns>(reader: FileReader<S>): BoundDataFrame<S> {
    const made = findFiles(reader, process.cwd()).then(files => reader.relation(files))
    return this.#bound(this.#engine.defer(reader.paths.join(" "), reader.returns.schema(), made))
  }

  /**
   * A frame of a query in Spark SQL over frames that are given by name. With `columns` it is held to them, and typed.
   * @throws FrameError `FRAME_EXPRESSION_SYNTAX` with line and column, and what a plan refuses
   * @example
   * session.sql("select origin, count(*) as flights from flights group by origin", { flights })
   */
  sql<S extends Columns = Columns>(
    text: string,
    tables: { readonly [name: string]: unknown } = {},
    columns?: S,
  ): BoundDataFrame<S> {
    const known = Object.keys(tables)
    const find = ([name, ...more]: readonly string[]): Relation | undefined => {
      const found = known.find(one => one.toLowerCase() === name?.toLowerCase())
      return found === undefined || more.length > 0 ? undefined : relationOf(tables[found], "sql")
    }
    const relation = resolveQuery(parseQuery(text), { known, find })
    return this.#bound(columns ? checkedTo(relation, schemaOf(columns), "sql()") : relation)
  }

  close(): Promise<void> {
    this.#closed ??= this.#engine.close().finally(() => rm(this.#scratch, { recursive: true, force: true }))
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #bound<S>(relation: Relation): BoundDataFrame<S> {
    return boundFrame(relation, async () => this.#engine)
  }
}
