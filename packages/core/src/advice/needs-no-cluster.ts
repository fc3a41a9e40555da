import { formatBytes } from "../util/format-bytes.ts"
import type { Rule } from "./advice.ts"
import { bytesOf, latestOf, routeTo } from "./figures.ts"

/**
 * Parquet that one process reads in seconds, and whose rows, five to ten times as large in memory, a laptop can hold.
 * What it reads and what it writes count together.
 */
const ONE_PROCESS_BYTES = 1024 ** 3
/** What takes a cluster longer is more than reading and writing, whatever its bytes: one process has fewer cores for it. */
const LONGEST_MS = 5 * 60_000

/** So little is read and written that starting tasks and servers is most of the time. */
export const needsNoCluster: Rule = {
  name: "needs_no_cluster",
  engine: "spark",
  find(facts) {
    const latest = latestOf(facts).filter(({ usage, bytes }) => usage !== undefined && bytes !== undefined)
    const readBytes = bytesOf(facts.inputs)
    // What reads nothing that is stored may make or fetch a lot.
    if (latest.length === 0 || facts.inputs.length === 0 || readBytes === undefined) return undefined
    if (!facts.canUseOneProcess) return undefined
    const writtenBytes = Math.max(...latest.map(({ bytes = 0 }) => bytes))
    const durationMs = Math.max(...latest.map(one => one.durationMs))
    if (readBytes + writtenBytes > ONE_PROCESS_BYTES || durationMs > LONGEST_MS) return undefined
    return {
      what: `does not need the cluster: reads ${formatBytes(readBytes)} and writes ${formatBytes(writtenBytes)}, in ${(durationMs / 1000).toFixed(1)}s`,
      figures: { readBytes, writtenBytes, durationMs },
      fix: routeTo(facts.key, "small", "duckdb()"),
    }
  },
}
