import { randomUUID } from "node:crypto"
import type { EngineError } from "@assets/core"
import { create } from "@bufbuild/protobuf"
import {
  ExecutePlanRequestSchema,
  type ExecutePlanResponse,
  ReattachExecuteRequestSchema,
  type Relation,
  ReleaseExecuteRequestSchema,
  SparkConnectService,
} from "../generated/spark_connect_pb.ts"
import { planOf, type SparkCommand } from "./command.ts"
import { interruptedError } from "./error.ts"
import { conditionOf } from "./failure.ts"
import { Interruption } from "./interruption.ts"
import { literalValue, type SparkValue } from "./literal.ts"
import { type ExecutionProgress, progressOf } from "./progress.ts"
import type { SparkRelation } from "./relation.ts"
import { Backoff, isConnectionFailure, isServiceError, waited, wasConnected } from "./retry.ts"
import type { SessionCalls } from "./session-calls.ts"
import { columnsOf, type SparkColumn } from "./spark-type.ts"

const { executePlan, reattachExecute, releaseExecute } = SparkConnectService.method

/** Before a stream that ended without a word is opened again. */
const silenceDelayMs = 200

const longStreamMs = 5_000

export type { ExecutionProgress } from "./progress.ts"

export interface ExecuteOptions {
  /** A UUID. Default: one of its own. */
  readonly operationId?: string
  /** What `interruptTag` finds it by; without commas. */
  readonly tags?: readonly string[]
  /** Interrupts the query on the server; who waits for it is then told `ENGINE_INTERRUPTED`. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ExecutionProgress) => void
}

/** Rows of an answer: a whole Arrow stream of one batch. */
export interface ArrowChunk {
  readonly rows: number
  readonly stream: Uint8Array
}

/** By their names; undefined when the server did not tell them in time: that is not known, and is not zero. */
export type ObservedMetrics = ReadonlyMap<string, { readonly [metric: string]: SparkValue } | undefined>

/** What a query told besides its rows. */
export interface ExecutionResult {
  readonly operationId: string
  /** Empty for a command. */
  readonly columns: readonly SparkColumn[]
  readonly rows: number
  readonly metrics: ObservedMetrics
  /** The rows that a statement gave which ran as a command. */
  readonly sqlResult: SparkRelation | undefined
}

/**
 * One query: it begins when its answer is first read, and is read once. It outlives its connection: the answer is taken
 * up again behind the last part that arrived, so that no row is lost or comes twice. Who stops reading, or aborts, stops
 * the query on the server.
 */
export class Execution implements AsyncIterable<ArrowChunk> {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly #calls: SessionCalls
  readonly #plan: SparkRelation | SparkCommand
  readonly #options: ExecuteOptions
  #call: { cancel(): void } | undefined
  #lastResponseId: string | undefined
  #isBegun = false
  #isEnded = false
  #isReleasing = false
  readonly #interruption: Interruption
  #columns: readonly SparkColumn[] = []
  #rows = 0
  readonly #metrics = new Map<string, { readonly [metric: string]: SparkValue } | undefined>()
  #sqlResult: Relation | undefined
  #failure: EngineError | undefined

  constructor(calls: SessionCalls, plan: SparkRelation | SparkCommand, options: ExecuteOptions = {}) {
    this.operationId = options.operationId ?? randomUUID()
    this.tags = options.tags ?? []
    this.#calls = calls
    this.#plan = plan
    this.#options = options
    this.#interruption = new Interruption(calls, this.operationId, () => this.#call?.cancel())
  }

  /** What is known so far; whole when every chunk has been read. */
  get result(): ExecutionResult {
    return {
      operationId: this.operationId,
      columns: this.#columns,
      rows: this.#rows,
      metrics: this.#metrics,
      sqlResult: this.#sqlResult,
    }
  }

  /** Reads the answer to its end and keeps no row of it. */
  async finish(): Promise<ExecutionResult> {
    for await (const _ of this) {
      // only what comes besides the rows is wanted
    }
    return this.result
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ArrowChunk> {
    let pieces: Uint8Array[] = []
    for await (const response of this.#responses()) {
      this.#note(response)
      if (response.responseType.case !== "arrowBatch") continue
      const { rowCount, data, numChunksInBatch = 1n } = response.responseType.value
      pieces.push(data)
      if (BigInt(pieces.length) < numChunksInBatch) continue
      this.#rows += Number(rowCount)
      yield { rows: Number(rowCount), stream: pieces.length === 1 ? data : Buffer.concat(pieces) }
      pieces = []
      this.#releaseUntil(response.responseId)
    }
  }

  /** Stops the query on the server, and then the reading of its answer. Resolves when the server was told. */
  stop(): Promise<void> {
    return this.#interruption.ask(this.#isBegun ? this.#rows > 0 : undefined)
  }

  /** Stops the query, and tells who waits for it why. */
  fail(error: EngineError): void {
    this.#failure ??= error
    void this.stop()
  }

  /** Ends the reading at once: the server is gone, or was told by other means. */
  cancel(): void {
    this.#interruption.isAsked = true
    this.#call?.cancel()
  }

  #note(response: ExecutePlanResponse): void {
    if (response.schema) this.#columns = columnsOf(response.schema)
    for (const { name, keys, values } of response.observedMetrics) {
      const known =
        keys.length === 0 ? undefined : keys.map((key, i) => [key, values[i] ? literalValue(values[i]) : null])
      this.#metrics.set(name, known && Object.fromEntries(known))
    }
    const { responseType } = response
    if (responseType.case === "sqlCommandResult") this.#sqlResult = responseType.value.relation
    if (responseType.case !== "executionProgress") return
    const progress = progressOf(responseType.value)
    this.#calls.room.note(this, progress)
    this.#options.onProgress?.(progress)
  }

  async *#responses(): AsyncGenerator<ExecutePlanResponse> {
    const { signal } = this.#options
    if (this.#isBegun) throw new Error("The answer of a query can be read once. Please report this.")
    this.#isBegun = true
    if (signal?.aborted || this.#interruption.isAsked) throw this.#interrupted()
    const abort = () => void this.stop()
    signal?.addEventListener("abort", abort, { once: true })
    const leave = this.#calls.enter(this)
    try {
      yield* this.#received()
    } finally {
      this.#end()
      this.#calls.room.forget(this)
      this.#call?.cancel()
      signal?.removeEventListener("abort", abort)
      leave()
      // Of a query whose reader left before its end this is the end on the server, too.
      this.#release({ case: "releaseAll", value: {} })
    }
  }

  async *#received(): AsyncGenerator<ExecutePlanResponse> {
    const backoff = new Backoff(this.#calls.patienceMs)
    let isKnown = false
    for (;;) {
      let isSilent = true
      const began = performance.now()
      try {
        const call = isKnown ? this.#reattach() : this.#execute()
        this.#call = call
        for await (const response of call) {
          isSilent = false
          backoff.reset()
          this.#calls.observe(response)
          this.#lastResponseId = response.responseId
          const isLast = response.responseType.case === "resultComplete"
          if (isLast) this.#end()
          this.#interruption.note(response)
          if (!this.#interruption.isAsked) yield response
          if (isLast) break
        }
        if (this.#isEnded) {
          if (this.#interruption.isAsked) throw this.#interrupted()
          return
        }
        isKnown = true // the server ends each stream after some time, and is asked for the rest
        if (isSilent) await waited(silenceDelayMs, this.#options.signal)
      } catch (error) {
        // A query may say nothing for long: a connection that held out for a while was a success.
        if (performance.now() - began > longStreamMs && wasConnected(error)) backoff.reset()
        isKnown = await this.#isKnownAfter(error, isKnown, backoff)
      }
    }
  }

  /**
   * What to do after a failed stream: ask for the rest of it (true), begin the query (false).
   * @throws what the query failed by
   */
  async #isKnownAfter(error: unknown, wasKnown: boolean, backoff: Backoff): Promise<boolean> {
    if (this.#interruption.isAsked) {
      this.#end()
      await this.#interruption.told
      throw this.#interrupted(error)
    }
    if (isServiceError(error)) {
      const condition = conditionOf(error)
      // What was sent may not have arrived: with the same id it cannot run twice.
      if (condition === "INVALID_HANDLE.OPERATION_NOT_FOUND" && wasKnown && this.#lastResponseId === undefined) {
        return false
      }
      if (condition === "INVALID_HANDLE.OPERATION_ALREADY_EXISTS" && !wasKnown) return true
      const isLost = isConnectionFailure(error) || condition === "INVALID_CURSOR.DISCONNECTED"
      const delayMs = isLost ? backoff.next() : undefined
      if (delayMs !== undefined) {
        await waited(delayMs, this.#options.signal)
        if (this.#interruption.isAsked) throw this.#interrupted(error)
        return true
      }
    }
    this.#end() // on the server, or out of reach
    throw await this.#calls.error(error, this.operationId)
  }

  #execute() {
    const request = create(ExecutePlanRequestSchema, {
      ...this.#calls.header,
      operationId: this.operationId,
      plan: planOf(this.#plan),
      tags: [...this.tags],
      requestOptions: [
        { requestOption: { case: "reattachOptions", value: { reattachable: true } } },
        { requestOption: { case: "resultChunkingOptions", value: { allowArrowBatchChunking: true } } },
      ],
    })
    return this.#calls.channel.serverStream(executePlan, request)
  }

  #reattach() {
    const request = create(ReattachExecuteRequestSchema, {
      ...this.#calls.header,
      operationId: this.operationId,
      ...(this.#lastResponseId !== undefined && { lastResponseId: this.#lastResponseId }),
    })
    return this.#calls.channel.serverStream(reattachExecute, request)
  }

  #end(): void {
    this.#isEnded = true
    this.#interruption.end()
  }

  /** Lets the server forget what was read. One call at a time, so that a quick answer is not slowed by it. */
  #releaseUntil(responseId: string): void {
    if (this.#isReleasing) return
    this.#isReleasing = true
    this.#release({ case: "releaseUntil", value: { responseId } }, () => {
      this.#isReleasing = false
    })
  }

  #release(
    release: { case: "releaseAll"; value: object } | { case: "releaseUntil"; value: { responseId: string } },
    done?: () => void,
  ): void {
    const { header, channel } = this.#calls
    const request = create(ReleaseExecuteRequestSchema, { ...header, operationId: this.operationId, release })
    // When it is lost, the server forgets by itself after some minutes.
    this.#calls.inBackground(channel.unary(releaseExecute, request, { deadlineMs: 10_000 }).finally(done))
  }

  #interrupted(cause?: unknown): EngineError {
    return this.#failure ?? interruptedError({ operationId: this.operationId, cause })
  }
}
