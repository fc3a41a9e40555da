import type { Advice, Rule } from "./advice.ts"
import type { AssetFacts } from "./asset-facts.ts"
import { broadcast } from "./broadcast.ts"
import { memoryLimit } from "./memory-limit.ts"
import { needsNoCluster } from "./needs-no-cluster.ts"
import { outgrowsMachine } from "./outgrows-machine.ts"
import { shufflePartitions } from "./shuffle-partitions.ts"
import { skew } from "./skew.ts"
import { smallFiles } from "./small-files.ts"

/** Every rule, in the order in which they are told. */
export const rules: readonly Rule[] = [
  outgrowsMachine,
  memoryLimit,
  needsNoCluster,
  smallFiles,
  broadcast,
  shufflePartitions,
  skew,
]

/** What follows from the facts of an asset. */
export function adviceFor(facts: AssetFacts): readonly Advice[] {
  return rules.flatMap(({ name, engine, find }) => {
    const found = engine === undefined || engine === facts.engine ? find(facts) : undefined
    return found ? [{ rule: name, ...found }] : []
  })
}
