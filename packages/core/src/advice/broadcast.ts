import { formatBytes } from "../util/format-bytes.ts"
import type { PlanJoin } from "../value/value-type.ts"
import type { Rule } from "./advice.ts"
import type { AssetFacts, InputFacts } from "./asset-facts.ts"
import { bytesOf } from "./figures.ts"

/** Spark broadcasts what is stored in less by itself. */
const BY_ITSELF_BYTES = 10 * 1024 ** 2
/** In memory five to ten times as large, and once on each worker. */
const MOST_BYTES = 100 * 1024 ** 2
/** Shuffling a side that is not much larger costs no more than a broadcast. */
const TIMES_LARGER = 10

/** Joins that can be made without shuffling the left or the right side. */
const mayBroadcast = {
  left: ["inner", "right", "cross"] as readonly string[],
  right: ["inner", "left", "semi", "anti", "cross"] as readonly string[],
}

/** A joined input is small enough to be sent whole to each worker, and the other side too large to be shuffled for it. */
export const broadcast: Rule = {
  name: "broadcast",
  engine: "spark",
  find(facts) {
    for (const join of facts.joins ?? []) {
      for (const side of ["right", "left"] as const) {
        const found = smallSide(facts, join, side)
        if (!found) continue
        const { input, bytes, otherBytes } = found
        return {
          what: `joins ${input.key} of ${formatBytes(bytes)} with ${formatBytes(otherBytes)}, and shuffles both`,
          figures: { input: input.key, bytes, otherBytes },
          fix: `join with broadcast(${input.name}) in place of ${input.name}`,
        }
      }
    }
    return undefined
  },
}

function smallSide({ inputs }: AssetFacts, join: PlanJoin, side: "left" | "right") {
  if (join.isBroadcast || !mayBroadcast[side].includes(join.how)) return undefined
  const small = readBy(inputs, join[side])
  const other = bytesOf(readBy(inputs, join[side === "left" ? "right" : "left"]))
  const [input] = small
  if (small.length !== 1 || input?.bytes === undefined || other === undefined) return undefined
  const { bytes } = input
  if (bytes <= BY_ITSELF_BYTES || bytes > MOST_BYTES || other < TIMES_LARGER * bytes) return undefined
  return { input, bytes, otherBytes: other }
}

function readBy(inputs: readonly InputFacts[], slots: readonly string[]): readonly InputFacts[] {
  return inputs.filter(({ slot }) => slots.includes(slot))
}
