import { EngineError } from "@assets/core"
import { create } from "@bufbuild/protobuf"
import type { RecordBatch } from "apache-arrow"
import {
  AnalyzePlanRequestSchema,
  type AnalyzePlanResponse,
  ConfigRequestSchema,
  AnalyzePlanRequest_ExplainMode as ExplainMode,
  InterruptRequestSchema,
  InterruptRequest_InterruptType as InterruptType,
  ReleaseSessionRequestSchema,
  SparkConnectService,
} from "../generated/spark_connect_pb.ts"
import { recordBatches } from "./arrow-results.ts"
import { Channel } from "./channel.ts"
import {
  createView,
  planOf,
  type SparkCommand,
  sqlCommand,
  type ViewOptions,
  type WriteTarget,
  write,
} from "./command.ts"
import { type ExecuteOptions, Execution, type ExecutionResult } from "./execution.ts"
import type { SparkRelation, SqlArguments } from "./relation.ts"
import type { Remote } from "./remote.ts"
import { defaultPatienceMs } from "./retry.ts"
import type { RoomRule } from "./room-watch.ts"
import { parseServerVersion, type ServerVersion } from "./server-version.ts"
import { SessionCalls } from "./session-calls.ts"
import { columnsOf, type SparkColumn } from "./spark-type.ts"
import { upload } from "./upload.ts"

const { analyzePlan, config, interrupt, releaseSession } = SparkConnectService.method

const defaultConnectTimeoutMs = 10_000

/** To analyze a plan Spark may list a great many files. */
const analyzeDeadlineMs = 10 * 60_000

/** What is left to be told when a session closes is told within this, or not at all. */
const closeDeadlineMs = 5_000

/** How often a server tells how far a query is: a query is stopped when it is known to have tasks, which is to be soon. */
const progressInterval = "200ms"

const explainModes = {
  simple: ExplainMode.SIMPLE,
  extended: ExplainMode.EXTENDED,
  codegen: ExplainMode.CODEGEN,
  cost: ExplainMode.COST,
  formatted: ExplainMode.FORMATTED,
} as const

export interface ConnectOptions {
  /** Ends the attempts to connect. */
  readonly signal?: AbortSignal
  /** How long a server that does not answer the first call is waited for, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** How long a server that cannot be reached any more is waited for, in milliseconds. Default 60,000. */
  readonly patienceMs?: number
  /** What is done when none of the session's tasks runs. Default: nothing, as Spark does. */
  readonly room?: RoomRule
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

/**
 * Opens a session on a Spark Connect server.
 * @throws EngineError `ENGINE_UNREACHABLE`, `ENGINE_UNAUTHENTICATED`, `ENGINE_VERSION_UNSUPPORTED`
 */
export async function connect(remote: Remote, options: ConnectOptions = {}): Promise<SparkClient> {
  const channel = new Channel(remote)
  try {
    return await SparkClient.open({ channel, sessions: 0 }, options)
  } catch (error) {
    channel.close()
    throw error
  }
}

/** A channel and how many sessions are on it: the last one closes it. */
interface SharedChannel {
  readonly channel: Channel
  sessions: number
}

/** Has a session tell often how far its queries are; false where the server does not let it. */
async function asksForProgress(calls: SessionCalls, signal: AbortSignal | undefined): Promise<boolean> {
  const pairs = [{ key: "spark.connect.progress.reportInterval", value: progressInterval }]
  const operation = { opType: { case: "set" as const, value: { pairs } } }
  try {
    await calls.unary(config, create(ConfigRequestSchema, { ...calls.header, operation }), { signal })
    return true
  } catch (error) {
    if (error instanceof EngineError && error.code === "ENGINE_QUERY_FAILED") return false
    throw error
  }
}

/**
 * A session on a Spark Connect server: its settings, views and uploaded rows are its own. Every method rejects with an
 * `EngineError`; its methods may be called at the same time.
 */
export class SparkClient {
  readonly version: ServerVersion
  readonly #shared: SharedChannel
  readonly #calls: SessionCalls
  #closing: Promise<void> | undefined

  private constructor(shared: SharedChannel, calls: SessionCalls, version: ServerVersion) {
    this.#shared = shared
    this.#calls = calls
    this.version = version
    shared.sessions++
  }

  /** @internal */
  static async open(
    shared: SharedChannel,
    { signal, connectTimeoutMs = defaultConnectTimeoutMs, patienceMs = defaultPatienceMs, room = {} }: ConnectOptions,
  ): Promise<SparkClient> {
    const calls = new SessionCalls(shared.channel, connectTimeoutMs)
    calls.room.rule = room
    const request = create(AnalyzePlanRequestSchema, {
      ...calls.header,
      analyze: { case: "sparkVersion", value: {} },
    })
    const { result } = await calls.unary(analyzePlan, request, { signal, deadlineMs: connectTimeoutMs })
    const text = result.case === "sparkVersion" ? result.value.version : ""
    const version = parseServerVersion(text, `${shared.channel.remote.host}:${shared.channel.remote.port}`)
    calls.patienceMs = patienceMs
    if (version.isAtLeast(4, 0)) calls.tellsProgress = await asksForProgress(calls, signal)
    return new SparkClient(shared, calls, version)
  }

  /** Another session on the same connection. */
  newSession(options: CallOptions = {}): Promise<SparkClient> {
    return SparkClient.open(this.#shared, { ...options, patienceMs: this.#calls.patienceMs })
  }

  get sessionId(): string {
    return this.#calls.sessionId
  }

  /** A query of rows, or a command. It begins when the answer is read. */
  execute(plan: SparkRelation | SparkCommand, options: ExecuteOptions = {}): Execution {
    return new Execution(this.#calls, plan, options)
  }

  /** Runs to its end and keeps no row. */
  run(plan: SparkRelation | SparkCommand, options: ExecuteOptions = {}): Promise<ExecutionResult> {
    return this.execute(plan, options).finish()
  }

  /** The rows of a relation as Arrow's record batches. */
  batches(relation: SparkRelation, options: ExecuteOptions = {}): AsyncIterable<RecordBatch> {
    return recordBatches(this.execute(relation, options))
  }

  /** Runs a statement for what it does. */
  sqlCommand(query: string, args: SqlArguments = [], options: ExecuteOptions = {}): Promise<ExecutionResult> {
    return this.run(sqlCommand(query, args), options)
  }

  /** Stores the rows of a relation; metrics that it collects are in the result. */
  write(relation: SparkRelation, target: WriteTarget, options: ExecuteOptions = {}): Promise<ExecutionResult> {
    return this.run(write(relation, target), options)
  }

  /** Gives a relation a name in this session. */
  async createView(
    relation: SparkRelation,
    name: string,
    { isGlobal, replace, ...options }: ViewOptions & ExecuteOptions = {},
  ): Promise<void> {
    const view = { ...(isGlobal !== undefined && { isGlobal }), ...(replace !== undefined && { replace }) }
    await this.run(createView(relation, name, view), options)
  }

  /** Puts rows where the session can read them; `schema` is their columns as DDL. */
  upload(
    batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>,
    schema: string,
    options: CallOptions = {},
  ): Promise<SparkRelation> {
    return upload(this.#calls, batches, { schema, takesChunks: this.version.isAtLeast(4, 1), ...options })
  }

  /** The columns that a relation gives; runs no query. */
  async schema(relation: SparkRelation, options: CallOptions = {}): Promise<readonly SparkColumn[]> {
    const result = await this.#analyze({ case: "schema", value: { plan: planOf(relation) } }, options)
    return columnsOf(result.case === "schema" ? result.value.schema : undefined)
  }

  /** What Spark would do to give a relation's rows, for people. */
  async explain(
    relation: SparkRelation,
    mode: keyof typeof explainModes = "extended",
    options: CallOptions = {},
  ): Promise<string> {
    const value = { plan: planOf(relation), explainMode: explainModes[mode] }
    const result = await this.#analyze({ case: "explain", value }, options)
    return result.case === "explain" ? result.value.explainString : ""
  }

  /** The files that a relation reads. */
  async inputFiles(relation: SparkRelation, options: CallOptions = {}): Promise<readonly string[]> {
    const result = await this.#analyze({ case: "inputFiles", value: { plan: planOf(relation) } }, options)
    return result.case === "inputFiles" ? result.value.files : []
  }

  /** Sets settings of this session. Of several the ones before a refused one are set. */
  async configSet(settings: { readonly [key: string]: string }, { signal }: CallOptions = {}): Promise<void> {
    const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }))
    const operation = { opType: { case: "set" as const, value: { pairs } } }
    await this.#calls.unary(config, create(ConfigRequestSchema, { ...this.#calls.header, operation }), { signal })
  }

  /** Settings as this session sees them; undefined for those that have no value. */
  async configGet(
    keys: readonly string[],
    { signal }: CallOptions = {},
  ): Promise<ReadonlyMap<string, string | undefined>> {
    const operation = { opType: { case: "getOption" as const, value: { keys: [...keys] } } }
    const request = create(ConfigRequestSchema, { ...this.#calls.header, operation })
    const { pairs } = await this.#calls.unary(config, request, { signal })
    return new Map(pairs.map(({ key, value }) => [key, value]))
  }

  /**
   * Stops the queries of this session that have a tag; gives their operation ids. Those of this process are stopped as
   * their signals would do it; of those that another process of the session began a stage may yet run to its end.
   */
  interruptTag(tag: string): Promise<readonly string[]> {
    const target = { case: "operationTag", value: tag } as const
    return this.#interrupt(InterruptType.TAG, target, query => query.tags.includes(tag))
  }

  /** Stops one query of this session. */
  interruptOperation(operationId: string): Promise<readonly string[]> {
    const target = { case: "operationId", value: operationId } as const
    return this.#interrupt(InterruptType.OPERATION_ID, target, query => query.operationId === operationId)
  }

  /** Stops every query of this session. */
  interruptAll(): Promise<readonly string[]> {
    return this.#interrupt(InterruptType.ALL, { case: undefined }, () => true)
  }

  /**
   * Stops what runs and gives the session up on the server; the last session of a connection closes it. Never rejects:
   * a server that cannot be told forgets the session by itself.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { channel, header } = this.#calls
    await this.#calls.stopAll(closeDeadlineMs)
    const request = create(ReleaseSessionRequestSchema, header)
    // Servers of 3.5 may not know it.
    await channel.unary(releaseSession, request, { deadlineMs: closeDeadlineMs }).catch(() => {})
    if (--this.#shared.sessions === 0) channel.close()
    await this.#calls.settled()
  }

  async #analyze(
    analyze: NonNullable<Parameters<typeof create<typeof AnalyzePlanRequestSchema>>[1]>["analyze"] & {},
    { signal }: CallOptions,
  ): Promise<AnalyzePlanResponse["result"]> {
    const request = create(AnalyzePlanRequestSchema, { ...this.#calls.header, analyze })
    // To know the columns of files Spark may read some of them, by tasks.
    const { result } = await this.#calls.room.during(signal, both =>
      this.#calls.unary(analyzePlan, request, { signal: both, deadlineMs: analyzeDeadlineMs }),
    )
    return result
  }

  async #interrupt(
    interruptType: InterruptType,
    target: NonNullable<Parameters<typeof create<typeof InterruptRequestSchema>>[1]>["interrupt"] & {},
    isMeant: Parameters<SessionCalls["stopWhere"]>[0],
  ): Promise<readonly string[]> {
    const stopped = await this.#calls.stopWhere(isMeant)
    const request = create(InterruptRequestSchema, { ...this.#calls.header, interruptType, interrupt: target })
    const { interruptedIds } = await this.#calls.unary(interrupt, request)
    return [...new Set([...stopped, ...interruptedIds])]
  }
}
