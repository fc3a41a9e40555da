import type { WriteUsage } from "@assets/core"
import type { SparkClient } from "./connect/client.ts"
import type { ExecuteOptions, ExecutionProgress } from "./connect/execution.ts"
import { tasksRun } from "./connect/progress.ts"

const shufflePartitions = "spark.sql.shuffle.partitions"

/**
 * What Spark tells of a write. It counts memory and spill by operator, and sends these counts with the rows of a query
 * alone, never with a write; the bytes that it says a stage has read are not those of files on a local disk.
 */
export class UsageOfWrites {
  readonly #client: SparkClient
  #partitions: Promise<number | undefined> | undefined

  constructor(client: SparkClient) {
    this.#client = client
  }

  /** Runs a write of one or several statements, each with options that listen to its progress; gives what was told. */
  async of<T>(
    execution: ExecuteOptions,
    write: (listening: () => ExecuteOptions) => Promise<T>,
  ): Promise<{ readonly result: T; readonly usage: WriteUsage }> {
    const told: { latest?: ExecutionProgress }[] = []
    const listening = () => {
      const statement: { latest?: ExecutionProgress } = {}
      told.push(statement)
      const onProgress = (progress: ExecutionProgress) => {
        statement.latest = progress
        execution.onProgress?.(progress)
      }
      return { ...execution, onProgress }
    }
    const result = await write(listening)
    this.#partitions ??= this.#partitionsSet()
    const partitions = await this.#partitions
    const counts = told.flatMap(({ latest }) => (latest && tasksRun(latest)) ?? [])
    const tasks = counts.reduce((sum, count) => sum + count, 0)
    return {
      result,
      usage: {
        ...(counts.length > 0 && { tasks }),
        ...(partitions !== undefined && { shufflePartitions: partitions }),
      },
    }
  }

  /** The setting holds for the session: nothing of ours changes it later. */
  async #partitionsSet(): Promise<number | undefined> {
    try {
      const settings = await this.#client.configGet([shufflePartitions])
      const count = Number(settings.get(shufflePartitions))
      return Number.isInteger(count) && count > 0 ? count : undefined
    } catch {
      return undefined // what cannot be asked is not known; the data is written
    }
  }
}
