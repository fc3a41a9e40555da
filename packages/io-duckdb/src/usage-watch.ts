import type { WriteUsage } from "@assets/core"
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"

/** A statement that is over sooner is not looked at: nothing that it needs is near a limit. */
const firstLookMs = 100
/** Each look comes after twice the time of the one before, up to this: it costs a third of a millisecond of a processor. */
const longestPauseMs = 1_000

/**
 * What the instance holds and has spilled. Blocks of tables, and of files that were read, stay as long as there is room,
 * and go when it is wanted: they tell nothing of the work.
 */
const lookSql = `SELECT
  coalesce(sum(memory_usage_bytes) FILTER (tag NOT IN ('BASE_TABLE', 'METADATA', 'EXTERNAL_FILE_CACHE')), 0)::BIGINT,
  coalesce(sum(temporary_storage_bytes), 0)::BIGINT,
  current_setting('memory_limit')
  FROM duckdb_memory()`

interface Peak {
  memoryBytes: number
  spilledBytes: number
  limitBytes: number | undefined
  looks: number
  isShared: boolean
}

/**
 * Looks now and then at the memory of an instance while steps compute in it. DuckDB's own profile of a statement cannot
 * tell it: its peaks are those of the instance since it was opened.
 */
export class UsageWatch {
  readonly #instance: DuckDBInstance
  readonly #peaks = new Set<Peak>()
  #connection: DuckDBConnection | undefined
  #timer: NodeJS.Timeout | undefined
  #look = Promise.resolve()
  #pauseMs = firstLookMs

  constructor(instance: DuckDBInstance) {
    this.#instance = instance
  }

  /** Begins to watch on behalf of a write; what it gives ends that, and tells what was seen. */
  begin(): () => WriteUsage | undefined {
    const peak: Peak = { memoryBytes: 0, spilledBytes: 0, limitBytes: undefined, looks: 0, isShared: false }
    this.#peaks.add(peak)
    this.#pauseMs = firstLookMs
    this.#timer ??= this.#later()
    return () => {
      this.#peaks.delete(peak)
      if (this.#peaks.size === 0) this.#rest()
      return usageOf(peak)
    }
  }

  /** Lets go of the instance, which may be closed then. */
  async close(): Promise<void> {
    this.#rest()
    await this.#look
    this.#connection?.closeSync()
    this.#connection = undefined
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #later(): NodeJS.Timeout {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    return setTimeout(() => this.#tick(), pauseMs).unref()
  }

  #tick(): void {
    const fired = this.#timer
    // One after the other: they share a connection, which the first of them opens.
    this.#look = this.#look
      .then(() => this.#lookOnce([...this.#peaks]))
      .finally(() => {
        // Another one has begun since when the writes that were looked at have ended.
        if (this.#timer === fired) this.#timer = this.#later()
      })
  }

  async #lookOnce(peaks: readonly Peak[]): Promise<void> {
    try {
      this.#connection ??= await this.#instance.connect()
      const [row = []] = await (await this.#connection.run(lookSql)).getRowsJS()
      const [memoryBytes, spilledBytes, limit] = row
      for (const peak of peaks) {
        peak.memoryBytes = Math.max(peak.memoryBytes, Number(memoryBytes))
        peak.spilledBytes = Math.max(peak.spilledBytes, Number(spilledBytes))
        peak.limitBytes = bytesOf(String(limit))
        peak.looks++
        peak.isShared ||= peaks.length > 1
      }
    } catch {
      // What could not be looked at is not known; the step goes on.
    }
  }
}

function usageOf({ memoryBytes, spilledBytes, limitBytes, looks, isShared }: Peak): WriteUsage | undefined {
  if (looks === 0) return undefined
  return {
    peakMemoryBytes: memoryBytes,
    ...(limitBytes !== undefined && { memoryLimitBytes: limitBytes }),
    spilledBytes,
    ...(isShared && { shared: true }),
  }
}

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"]

/** A size as DuckDB says it, `190.7 MiB`. */
function bytesOf(text: string): number | undefined {
  const [, count, unit = ""] = /^([\d.]+) (\w+)$/.exec(text) ?? []
  const power = units.indexOf(unit)
  return count === undefined || power === -1 ? undefined : Math.round(Number(count) * 1024 ** power)
}
