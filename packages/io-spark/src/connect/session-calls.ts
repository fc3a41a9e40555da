import { randomUUID } from "node:crypto"
import { create, type DescMessage, type DescMethodUnary, type MessageShape } from "@bufbuild/protobuf"
import { status } from "@grpc/grpc-js"
import { type UserContext, UserContextSchema } from "../generated/spark_connect_pb.ts"
import type { CallLimits, Channel } from "./channel.ts"
import { interruptedError, sparkError } from "./error.ts"
import { failureOf } from "./failure.ts"
import { Backoff, defaultPatienceMs, isConnectionFailure, isServiceError, isTlsFailure, waited } from "./retry.ts"
import { RoomWatch } from "./room-watch.ts"

/** A call that does not run a query is answered well within this. */
const defaultDeadlineMs = 60_000

/** What the header of every request holds. */
export interface SessionHeader {
  readonly sessionId: string
  readonly userContext: UserContext
  readonly clientType: string
  readonly clientObservedServerSideSessionId?: string
}

/** What the answers of a server have in common. */
interface Answer {
  readonly serverSideSessionId?: string
}

/** A query that is being read. */
interface Running {
  readonly operationId: string
  readonly tags: readonly string[]
  stop(): Promise<void>
  cancel(): void
}

/** The calls of one session on a channel: its ids in each request, attempts anew, errors of this product. */
export class SessionCalls {
  readonly channel: Channel
  readonly sessionId = randomUUID()
  /** Whether the cluster has room for the session's tasks. */
  readonly room = new RoomWatch()
  /** How long a server that cannot be reached is waited for. */
  patienceMs: number
  readonly #userContext: UserContext
  readonly #clientType: string
  readonly #running = new Set<Running>()
  readonly #background = new Set<Promise<unknown>>()
  /** Whether the server tells how far a query is: from 4.0 on. */
  tellsProgress = false
  #serverSideSessionId: string | undefined

  constructor(channel: Channel, patienceMs = defaultPatienceMs) {
    const { userId = "", userAgent } = channel.remote
    this.channel = channel
    this.patienceMs = patienceMs
    this.#userContext = create(UserContextSchema, { userId, userName: userId })
    this.#clientType = `${userAgent === undefined ? "" : `${userAgent} `}assets (Node ${process.versions.node})`
  }

  get header(): SessionHeader {
    return {
      sessionId: this.sessionId,
      userContext: this.#userContext,
      clientType: this.#clientType,
      // A server that was started anew then refuses, in place of going on without the session's settings and views.
      ...(this.#serverSideSessionId !== undefined && {
        clientObservedServerSideSessionId: this.#serverSideSessionId,
      }),
    }
  }

  /** Notes a query that is being read; what it gives notes its end. */
  enter(query: Running): () => void {
    this.#running.add(query)
    return () => this.#running.delete(query)
  }

  /** Stops those queries of this process that a rule names; gives their operation ids when the server was told. */
  async stopWhere(rule: (query: Running) => boolean): Promise<readonly string[]> {
    const queries = [...this.#running].filter(rule)
    await Promise.all(queries.map(query => query.stop()))
    return queries.map(query => query.operationId)
  }

  /** Stops every query of the session; those that do not end are read no further after `patienceMs`. */
  async stopAll(patienceMs: number): Promise<void> {
    const queries = [...this.#running]
    const enough = setTimeout(() => {
      for (const query of queries) query.cancel()
    }, patienceMs)
    await Promise.all(queries.map(query => query.stop()))
    clearTimeout(enough)
    for (const query of queries) query.cancel()
  }

  /** Lets a call go on whose failure matters to nobody. */
  inBackground(call: Promise<unknown>): void {
    const settled: Promise<unknown> = call.catch(() => {}).finally(() => this.#background.delete(settled))
    this.#background.add(settled)
  }

  /** Resolves when no call goes on in the background. */
  async settled(): Promise<void> {
    await Promise.all(this.#background)
  }

  /** Takes in what an answer says of the session. */
  observe(answer: Answer): void {
    if (answer.serverSideSessionId) this.#serverSideSessionId ??= answer.serverSideSessionId
  }

  /** Calls a method that may safely be called twice. */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    limits: CallLimits = {},
  ): Promise<MessageShape<O>> {
    const answer = await this.retried(limits.signal, () =>
      this.channel.unary(method, request, { deadlineMs: defaultDeadlineMs, ...limits }),
    )
    this.observe(answer as Answer) // a message without this field has none
    return answer
  }

  /** Runs an attempt until it succeeds, fails by what was asked, or the server has not been reached for too long. */
  async retried<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    const backoff = new Backoff(this.patienceMs)
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        const goesOn = !signal?.aborted && (await this.mayRetry(error, backoff, signal))
        if (signal?.aborted) throw interruptedError({ cause: error })
        if (!goesOn) throw await this.error(error)
      }
    }
  }

  /** Waits before a next attempt; false when there is to be none. */
  async mayRetry(error: unknown, backoff: Backoff, signal: AbortSignal | undefined): Promise<boolean> {
    if (!isConnectionFailure(error) || (error instanceof Error && isTlsFailure(error.message))) return false
    const delayMs = backoff.next()
    return delayMs !== undefined && (await waited(delayMs, signal))
  }

  /** The error of this product that a failed call is, with all that the server knows of it. */
  async error(error: unknown, operationId?: string): Promise<unknown> {
    if (!isServiceError(error)) return error
    const failure = await failureOf(error, this)
    return sparkError(failure, {
      cause: error,
      remote: `${this.channel.remote.host}:${this.channel.remote.port}`,
      isBroken: isConnectionFailure(error) || error.code === status.DEADLINE_EXCEEDED,
      ...(operationId !== undefined && { operationId }),
    })
  }
}
