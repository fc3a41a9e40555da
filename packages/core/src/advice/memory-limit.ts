import { formatBytes } from "../util/format-bytes.ts"
import type { Rule } from "./advice.ts"
import { figuresOf, memoryNeed } from "./memory-need.ts"

/** What DuckDB takes by default: the rest is for the system, and for Node. */
export const MACHINE_SHARE = 0.8
/** Above what was needed: data grows. */
export const HEADROOM = 1.25

/** The limit of the engine is too small for the asset, and the machine has more. */
export const memoryLimit: Rule = {
  name: "memory_limit",
  engine: "duckdb",
  find(facts) {
    const need = memoryNeed(facts)
    if (!need) return undefined
    const wanted = need.neededBytes * HEADROOM
    const most = facts.machineMemoryBytes * MACHINE_SHARE
    if (wanted > most || need.memoryLimitBytes >= wanted) return undefined
    return {
      what: `wants more memory than its engine may use: ${formatBytes(need.peakMemoryBytes)} held and ${formatBytes(need.spilledBytes)} spilled with a limit of ${formatBytes(need.memoryLimitBytes)}${need.isShared ? ", other steps included" : ""}`,
      figures: { ...figuresOf(need), machineMemoryBytes: facts.machineMemoryBytes },
      fix: `engine: duckdb({ memoryLimit: "${limitText(wanted)}" })`,
    }
  },
}

/** In whole gigabytes, or hundreds of megabytes. */
function limitText(bytes: number): string {
  return bytes > 900e6 ? `${Math.ceil(bytes / 1e9)}GB` : `${Math.ceil(bytes / 1e8)}00MB`
}
