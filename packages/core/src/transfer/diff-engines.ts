import type { Asset } from "../asset/asset.ts"
import type { EngineSession } from "../engine/engine.ts"
import { ConfigError } from "../errors/assets-error.ts"
import { type AssetCode, assetCode } from "../plan/asset-code.ts"
import type { CurrentState } from "../plan/current-state.ts"
import { type StepInput, stepInputs } from "../plan/step-inputs.ts"
import type { OpenProject } from "../plan-work.ts"
import { loadStored, relationsOf } from "../run/load-inputs.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { StoredValue } from "../value/value-type.ts"
import { stateOf } from "./diff-environments.ts"
import { type Compared, type Comparing, compareValues } from "./stored-difference.ts"

/** What two engines gave for one partition. */
export interface EngineDifference {
  readonly asset: Asset
  readonly partition: string | null
  readonly compared: Compared
}

/**
 * Computes the plan of each asset on two engines of the open environment, over the same stored inputs, into scratch, and
 * compares what they give. Nothing is stored.
 * @throws ConfigError `ARGUMENT_INVALID` for an engine that the environment does not have
 */
export async function* diffEngines(
  open: OpenProject,
  assets: readonly Asset[],
  names: readonly [string, string],
  comparing: Comparing,
): AsyncGenerator<EngineDifference> {
  const { project, environment, reuse, sources, signal } = open
  for (const name of names) requireEngine(open, name)
  const above = [...new Set(assets.flatMap(({ key }) => project.graph.upstream(key)))]
  const stored = [...new Set([...assets, ...above.flatMap(key => project.assets.get(key) ?? [])])]
  const state = await stateOf({ environment, reuse }, stored, signal)
  await sources.observe(above.flatMap(key => project.sources.get(key) ?? []))
  // Not routed: an asset of this name there is not, and what is asked for is an engine.
  const [left, right] = (await Promise.all(
    names.map(engine => environment.session({ key: "", options: { engine } })),
  )) as [EngineSession, EngineSession] // one for each name
  const engines = { left, right }
  for (const asset of assets) {
    const { now, timeZone } = environment
    const code = assetCode(asset, { now, timeZone, codeVersions: project.codeVersions })
    const partitions = asset.options.partitions ? [...state.partitions(asset.key).keys()] : [null]
    for (const partition of partitions) {
      const step = { asset, partition, code }
      yield { asset, partition, compared: await compareOn(open, step, { state, engines, comparing }) }
    }
  }
}

interface ComputedStep {
  readonly asset: Asset
  readonly partition: string | null
  readonly code: AssetCode
}

interface Engines {
  readonly state: CurrentState
  readonly engines: { readonly left: EngineSession; readonly right: EngineSession }
  readonly comparing: Comparing
}

async function compareOn(
  open: OpenProject,
  step: ComputedStep,
  { state, engines, comparing }: Engines,
): Promise<Compared> {
  const { asset, partition, code } = step
  if (!code.lazy) return { status: "not_compared", why: "it is computed in TypeScript, on no engine" }
  if (code.stability === "volatile") return { status: "not_compared", why: "it gives other rows each time" }
  const inputs = stepInputs(asset, partition, open.partitionContext)
  const missing = inputs.find(input => !isThere(open, input, state))
  if (missing) return { status: "not_compared", why: `its input '${missing.key}' is not stored` }
  const { left, right } = engines
  // Both are kept in scratch: what is compared is computed once.
  const a = await computed(open, step, { inputs, state, computes: left, keeps: left })
  const b = await computed(open, step, { inputs, state, computes: right, keeps: left })
  return compareValues(asset, a, b, async () => left, comparing)
}

function isThere({ sources }: OpenProject, { key, partitions }: StepInput, state: CurrentState): boolean {
  if (sources.version(key) !== undefined) return true
  return partitions.every(partition => state.get(key, partition)?.intact)
}

interface Computing {
  readonly inputs: readonly StepInput[]
  readonly state: CurrentState
  readonly computes: EngineSession
  /** Where the rows are kept, to be compared. */
  readonly keeps: EngineSession
}

async function computed(
  open: OpenProject,
  { asset, partition, code }: ComputedStep,
  { inputs, state, computes, keeps }: Computing,
): Promise<StoredValue> {
  const { sources, environment, signal } = open
  const session = async () => computes
  const load = async (input: StepInput): Promise<readonly [StepInput, StoredValue]> => {
    const elsewhere = await sources.load(input.of, session)
    if (elsewhere || input.of.kind !== "asset") return [input, elsewhere ?? { kind: "nothing" }]
    const stored = input.partitions.flatMap(key => {
      const found = state.get(input.key, key)
      return found ? [{ partition: key, state: found }] : []
    })
    const place = stored[0]?.state.environment ?? environment
    return [input, await loadStored(input.of, place, stored, { session, signal })]
  }
  const loaded = await Promise.all(inputs.map(load))
  const window = partition === null ? undefined : asset.options.partitions?.window?.(partition)
  const parameters = { ...(partition !== null && { key: partition }), ...window, now: code.instant }
  const relation = code.lazy?.bind(relationsOf(loaded), parameters)
  if (!relation) throw new Error(`'${asset.key}' has no plan; please report this`)
  const schema = asset.returns.schema?.() ?? (await computes.schema(relation))
  return { kind: "relation", relation: await keeps.upload(computes.batches(relation, signal), schema), schema }
}

function requireEngine({ environment }: OpenProject, name: string): void {
  const { engine, engines = {}, io } = environment.config
  const known = [...(engine || io?.defaultEngine ? ["default"] : []), ...Object.keys(engines)]
  if (known.includes(name)) return
  throw new ConfigError("ARGUMENT_INVALID", {
    what: `The environment '${environment.name}' has no engine '${name}'.`,
    why: `It has ${known.join(", ") || "none"}; 'default' is the one that 'engine' sets.`,
    fix: didYouMean(name, known) ?? "Name one of them, or add it to 'engines' of the environment.",
    details: { environment: environment.name, engine: name, known },
  })
}
