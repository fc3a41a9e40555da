import { create } from "@bufbuild/protobuf"
import {
  type ExecutePlanResponse,
  InterruptRequestSchema,
  InterruptRequest_InterruptType as InterruptType,
  SparkConnectService,
} from "../generated/spark_connect_pb.ts"
import { progressOf } from "./progress.ts"
import { waited } from "./retry.ts"
import type { SessionCalls } from "./session-calls.ts"

const { interrupt } = SparkConnectService.method

/** How long a query that is to be interrupted is given to have its first tasks. */
const planningPatienceMs = 5_000

/** How long a query that was interrupted is waited for, so that it writes no more when its caller is told. */
const endPatienceMs = 10_000

/** A query that was sent a moment ago may not be known yet. */
const attempts = 20
const delayMs = 50

/**
 * The interruption of one query, at a moment when it works: Spark stops the tasks that there are and then ends the query,
 * and a stage that was on its way to the cluster at that moment is run to its end, by nobody and for nobody. So the server
 * is told when the query is known to have tasks.
 */
export class Interruption {
  /** The query is to end; what it gives is not wanted any more. */
  isAsked = false
  readonly #calls: SessionCalls
  readonly #operationId: string
  readonly #leave: () => void
  #told: Promise<void> | undefined
  #isEnded = false
  #onTasks: (() => void) | undefined

  /** @param leave ends the reading of the answer */
  constructor(calls: SessionCalls, operationId: string, leave: () => void) {
    this.#calls = calls
    this.#operationId = operationId
    this.#leave = leave
  }

  /** Resolves when the server was told, if it was to be. */
  get told(): Promise<void> | undefined {
    return this.#told
  }

  /** @param hasTasks undefined when the query has not been sent */
  ask(hasTasks: boolean | undefined): Promise<void> {
    this.isAsked = true
    this.#told ??= hasTasks === undefined ? Promise.resolve() : this.#tell(hasTasks)
    return this.#told
  }

  /** Takes in what the server says, also when nobody wants it any more. */
  note({ responseType }: ExecutePlanResponse): void {
    if (responseType.case !== "executionProgress") return
    const { tasks, completedTasks } = progressOf(responseType.value)
    if (tasks > completedTasks) this.#onTasks?.()
  }

  /** The query is at its end: there is nothing to be told. */
  end(): void {
    this.#isEnded = true
    this.#onTasks?.()
  }

  async #tell(hasTasks: boolean): Promise<void> {
    if (!hasTasks) await this.#tasks()
    setTimeout(this.#leave, endPatienceMs).unref()
    try {
      for (let attempt = 0; attempt < attempts && !this.#isEnded; attempt++) {
        if (await this.#interrupted()) return
        await waited(delayMs, undefined)
      }
    } catch {
      // The server cannot be told; it gives up what nobody asks for.
    }
    this.#leave()
  }

  async #tasks(): Promise<void> {
    if (this.#isEnded) return
    await new Promise<void>(resolve => {
      const enough = setTimeout(resolve, this.#calls.tellsProgress ? planningPatienceMs : delayMs)
      this.#onTasks = () => {
        clearTimeout(enough)
        resolve()
      }
    })
  }

  async #interrupted(): Promise<boolean> {
    const request = create(InterruptRequestSchema, {
      ...this.#calls.header,
      interruptType: InterruptType.OPERATION_ID,
      interrupt: { case: "operationId", value: this.#operationId },
    })
    const { interruptedIds } = await this.#calls.channel.unary(interrupt, request, { deadlineMs: endPatienceMs })
    return interruptedIds.includes(this.#operationId)
  }
}
