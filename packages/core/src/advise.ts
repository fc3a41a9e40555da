import type { Advice } from "./advice/advice.ts"
import type { AssetFacts, Measurement } from "./advice/asset-facts.ts"
import { readFacts } from "./advice/read-facts.ts"
import { adviceFor } from "./advice/rules.ts"
import type { Definitions } from "./definitions.ts"
import { totalMemory } from "./doctor-machine.ts"
import type { ExecutionPlan } from "./plan/execution-plan.ts"
import { openProject, type PlanOptions, planWork, selectAssets } from "./plan-work.ts"

export type AdviseOptions = Omit<PlanOptions, "fromFailure">

/** What follows for one asset from what former materializations measured. */
export interface AssetAdvice {
  readonly key: string
  /** The recorded name of the engine that computes it; null where the environment has none. */
  readonly engine: string | null
  /** The latest materialization by this engine that the event log knows; null where there is none. */
  readonly measured: Measurement | null
  /** Empty where no rule found anything, which is no praise: see `notMeasured`. */
  readonly advice: readonly Advice[]
  /** What the rules would look at and nothing tells, as phrases. */
  readonly notMeasured: readonly string[]
}

/** A plan, and advice about each selected asset, in the order of the graph; also about those that have no step. */
export interface AdvisedPlan {
  readonly plan: ExecutionPlan
  readonly assets: readonly AssetAdvice[]
}

/**
 * Returns what `plan` gives, and what follows from the measurements of former materializations: each advice with its
 * figures and what can be typed. Without a measurement there is no advice. Computes, stores and changes nothing, and no
 * advice changes an answer.
 *
 * @throws ConfigError, DefinitionError when the request or the project is wrong
 */
export async function advise(project: Definitions, options: AdviseOptions = {}): Promise<AdvisedPlan> {
  const open = openProject(project, options)
  try {
    const planned = await planWork(open, options)
    const machineMemoryBytes = totalMemory()
    const assets = await selectAssets(open, options.select)
    const read = { open, state: planned.state, machineMemoryBytes }
    return { plan: planned.plan, assets: assets.map(asset => adviceOf(readFacts(read, asset), open.environment.name)) }
  } finally {
    await open.close()
  }
}

function adviceOf(facts: AssetFacts, environment: string): AssetAdvice {
  const { key, engine, measurements } = facts
  const [measured = null] = measurements
  return {
    key,
    engine,
    measured,
    advice: adviceFor(facts),
    notMeasured: measured ? unknowns(facts) : [`no materialization by ${engine ?? "an engine"} in '${environment}'`],
  }
}

function unknowns({ measurements, inputs, stored }: AssetFacts): string[] {
  const knowsMemory = measurements.some(({ usage }) => usage?.peakMemoryBytes !== undefined)
  return [
    ...(knowsMemory ? [] : ["memory and spill"]),
    ...inputs.filter(({ bytes }) => bytes === undefined).map(input => `bytes of ${input.key}`),
    ...(stored.some(({ bytes }) => bytes === undefined) ? ["bytes stored"] : []),
  ]
}
