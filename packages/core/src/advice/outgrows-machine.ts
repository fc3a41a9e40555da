import { formatBytes } from "../util/format-bytes.ts"
import type { Rule } from "./advice.ts"
import { routeTo } from "./figures.ts"
import { HEADROOM, MACHINE_SHARE } from "./memory-limit.ts"
import { figuresOf, memoryNeed } from "./memory-need.ts"

/** The asset wants more memory than the machine has for an engine. It still completes: it spills. */
export const outgrowsMachine: Rule = {
  name: "outgrows_machine",
  engine: "duckdb",
  find(facts) {
    const need = memoryNeed(facts)
    if (!need || need.neededBytes * HEADROOM <= facts.machineMemoryBytes * MACHINE_SHARE) return undefined
    return {
      what: `outgrows this machine: ${formatBytes(need.peakMemoryBytes)} held and ${formatBytes(need.spilledBytes)} spilled, of ${formatBytes(facts.machineMemoryBytes)} that the machine has${need.isShared ? ", other steps included" : ""}`,
      figures: { ...figuresOf(need), machineMemoryBytes: facts.machineMemoryBytes },
      fix: routeTo(facts.key, "big", "spark()"),
    }
  },
}
