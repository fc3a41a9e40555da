import { formatBytes } from "../util/format-bytes.ts"
import type { Rule, RuleFinding } from "./advice.ts"
import { bytesOf, latestOf } from "./figures.ts"

/** A task holds its part of a shuffle, five to ten times as large as in Parquet, in its share of an executor's memory. */
const MOST_BYTES_A_PARTITION = 256 * 1024 ** 2
/** What a part is to have: the size of a file. */
const WANTED_BYTES = 128 * 1024 ** 2
/** A task of less is over before it has begun: starting one takes some milliseconds. */
const LEAST_BYTES_A_TASK = 1024 ** 2
/** Fewer tasks are started in no time. */
const MANY_TASKS = 100

/** Shuffles are divided into too few parts for their bytes, or the work into too many tasks. Spark joins small parts by itself, and splits none. */
export const shufflePartitions: Rule = {
  name: "shuffle_partitions",
  engine: "spark",
  find(facts) {
    const usage = latestOf(facts).find(one => one.usage?.shufflePartitions !== undefined)?.usage
    const readBytes = bytesOf(facts.inputs)
    const partitions = usage?.shufflePartitions
    if (partitions === undefined || readBytes === undefined) return undefined
    if (readBytes / partitions > MOST_BYTES_A_PARTITION) return tooFew(readBytes, partitions)
    const tasks = usage?.tasks
    if (tasks === undefined || tasks < MANY_TASKS || readBytes / tasks >= LEAST_BYTES_A_TASK) return undefined
    return tooMany(readBytes, partitions, tasks)
  },
}

function tooFew(readBytes: number, partitions: number): RuleFinding {
  return {
    what: `reads ${formatBytes(readBytes)}, which ${partitions} shuffle partitions make parts of ${formatBytes(readBytes / partitions)}`,
    figures: { readBytes, shufflePartitions: partitions },
    fix: setting(Math.ceil(readBytes / WANTED_BYTES)),
  }
}

function tooMany(readBytes: number, partitions: number, tasks: number): RuleFinding | undefined {
  const wanted = Math.max(1, Math.ceil(readBytes / WANTED_BYTES))
  if (wanted >= partitions) return undefined
  return {
    what: `reads ${formatBytes(readBytes)} in ${tasks} tasks, with ${partitions} shuffle partitions`,
    figures: { readBytes, tasks, shufflePartitions: partitions },
    fix: setting(wanted),
  }
}

function setting(partitions: number): string {
  return `spark({ conf: { "spark.sql.shuffle.partitions": "${partitions}" } })`
}
