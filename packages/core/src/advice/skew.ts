import { formatBytes } from "../util/format-bytes.ts"
import type { Rule, RuleFinding } from "./advice.ts"
import type { AssetFacts } from "./asset-facts.ts"
import { medianOf } from "./figures.ts"

/** So many times the median, or the mean: one worker is at it while the others wait. */
const TIMES_LARGER = 5
/** Of fewer there is no middle to speak of. */
const LEAST_PARTS = 5
/** One core has it done in seconds. */
const LEAST_BYTES = 256 * 1024 ** 2

/** One partition, or one file of a write, is much larger than the others. */
export const skew: Rule = {
  name: "skew",
  find: facts => ofPartitions(facts) ?? ofFiles(facts),
}

function ofPartitions({ stored }: AssetFacts): RuleFinding | undefined {
  const sized = stored.flatMap(({ partition, bytes }) => {
    return partition === null || bytes === undefined ? [] : [{ partition, bytes }]
  })
  const [largest] = sized.toSorted((a, b) => b.bytes - a.bytes)
  const medianBytes = medianOf(sized.map(({ bytes }) => bytes))
  if (!largest || sized.length < LEAST_PARTS || !stands(largest.bytes, medianBytes)) return undefined
  return {
    what: `has a partition ${largest.partition} of ${formatBytes(largest.bytes)}, where half of the ${sized.length} have at most ${formatBytes(medianBytes)}`,
    figures: { partition: largest.partition, largestBytes: largest.bytes, medianBytes, partitions: sized.length },
    fix: "divide it by a second dimension: partitions: multi({ date: daily(…), part: staticPartitions([…]) })",
  }
}

function ofFiles(facts: AssetFacts): RuleFinding | undefined {
  const [latest] = facts.measurements
  const bytes = latest?.bytes
  const largestBytes = latest?.usage?.largestFileBytes
  const files = facts.stored.length === 1 ? facts.stored[0]?.files : undefined
  if (largestBytes === undefined || bytes === undefined || files === undefined || files < LEAST_PARTS) return undefined
  const meanBytes = Math.round((bytes - largestBytes) / (files - 1))
  if (!stands(largestBytes, meanBytes)) return undefined
  const columns = facts.layoutColumns.map(name => `"${name}"`).join(", ")
  return {
    what: `has a file of ${formatBytes(largestBytes)}, where the other ${files - 1} have ${formatBytes(meanBytes)} on average`,
    figures: { largestBytes, meanBytes, files },
    fix: columns
      ? `layout.partitionBy: a column whose values have rows alike, in place of ${columns}`
      : "group by salted(key, 16) in place of the key, or repartition(n, another column) before the end",
  }
}

function stands(largest: number, usual: number): boolean {
  return largest >= LEAST_BYTES && largest >= TIMES_LARGER * usual
}
