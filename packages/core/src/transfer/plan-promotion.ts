import type { Asset } from "../asset/asset.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { StorageError } from "../errors/assets-error.ts"
import { stepId } from "../plan/build-plan.ts"
import { CurrentState, type StoredState } from "../plan/current-state.ts"
import { inputVersions } from "../plan/decide-step.ts"
import { adds } from "../plan/fingerprint.ts"
import { stepInputs } from "../plan/step-inputs.ts"
import type { OpenProject } from "../plan-work.ts"
import type { StoredStep } from "./step-leases.ts"

/** A stored partition that is to become current in another environment. */
export interface Promoted extends StoredStep {
  readonly asset: Asset
  readonly stored: StoredState
  /** What is current there now. */
  readonly former: StoredState | undefined
}

/** What a promotion would do, as the two environments are now. */
export interface PlannedPromotion {
  readonly promoted: readonly Promoted[]
  /** Partitions that hold the same data in both environments. */
  readonly unchanged: number
  /** The assets' partitions that the promoted ones were made from: to be left alone until the promotion is done. */
  readonly read: readonly StoredStep[]
}

/** Why a partition cannot be promoted. */
interface Conflict {
  readonly step: string
  readonly why: string
  readonly inputs: readonly string[]
  /** Those of the inputs that the promoting environment holds as they were used: promoted together, they would do. */
  readonly alsoPromotable: readonly string[]
}

/**
 * Finds what is current in `from` itself and differs from what the open environment holds.
 *
 * @throws StorageError `PROMOTE_CONFLICT` when something was made from what the open environment does not have, or would
 * not have after the promotion, or would drop rows that were added there; `STORAGE_DATA_MISSING`
 * @param among the steps alone that may be promoted, by their ids; default: every one of these assets
 */
export async function planPromotion(
  open: OpenProject,
  from: OpenEnvironment,
  keys: readonly string[],
  among?: ReadonlySet<string>,
): Promise<PlannedPromotion> {
  const { project, environment, sources, signal, reuse } = open
  const assets = keys.flatMap(key => project.assets.get(key) ?? [])
  const above = new Set(assets.flatMap(({ key }) => project.graph.upstream(key)))
  const touched = new Set([...assets, ...[...above].flatMap(key => project.assets.get(key) ?? [])])
  const states = { from: new CurrentState(from), to: new CurrentState(environment) }
  const reused = reuse.map(other => new CurrentState(other))
  await Promise.all([
    ...[states.from, states.to, ...reused].map(one => one.read(touched, signal)),
    sources.observe([...above].flatMap(key => project.sources.get(key) ?? [])),
  ])
  const { promoted: all, unchanged } = differing(open, assets, states)
  const promoted = all.filter(({ key, partition }) => among?.has(stepId(key, partition)) ?? true)
  const view = new ViewAfter(open, states, reused, promoted)
  const conflicts = promoted.flatMap(one => view.conflict(one) ?? [])
  if (conflicts.length > 0) throw conflicting(conflicts, from.name, environment.name)
  return { promoted, unchanged, read: view.read }
}

interface States {
  readonly from: CurrentState
  readonly to: CurrentState
}

function differing(open: OpenProject, assets: readonly Asset[], { from, to }: States) {
  const promoted: Promoted[] = []
  let unchanged = 0
  for (const asset of assets) {
    for (const [partition, stored] of from.partitions(asset.key)) {
      if (!isDeclared(open, asset, partition)) continue
      const former = to.get(asset.key, partition)
      if (former?.intact && isSame(stored, former)) unchanged++
      else if (stored.intact) promoted.push({ key: asset.key, partition, asset, stored, former })
      else throw notWhole(stepId(asset.key, partition), from.environment.name)
    }
  }
  return { promoted, unchanged }
}

/** What was stored under partitions that the asset no longer has belongs to nobody. */
function isDeclared({ partitionContext }: OpenProject, { options }: Asset, partition: string | null): boolean {
  if (partition === null || !options.partitions) return partition === null && !options.partitions
  return options.partitions.has(partition, partitionContext)
}

function isSame(a: StoredState, b: StoredState): boolean {
  const [left, right] = [a.materialization, b.materialization]
  return left.dataVersion === right.dataVersion && left.fingerprint === right.fingerprint
}

/** The environment as it would be after the promotion. */
class ViewAfter {
  readonly #open: OpenProject
  readonly #states: States
  readonly #reused: readonly CurrentState[]
  readonly #promoted: ReadonlyMap<string, Promoted>
  readonly #read = new Map<string, StoredStep>()

  constructor(open: OpenProject, states: States, reused: readonly CurrentState[], promoted: readonly Promoted[]) {
    this.#open = open
    this.#states = states
    this.#reused = reused
    this.#promoted = new Map(promoted.map(one => [stepId(one.key, one.partition), one]))
  }

  /** What the promoted partitions were made from and is not itself promoted. */
  get read(): readonly StoredStep[] {
    return [...this.#read.values()]
  }

  conflict(one: Promoted): Conflict | undefined {
    const step = stepId(one.key, one.partition)
    const lost = this.#lostRows(one)
    if (lost) return { step, why: lost, inputs: [], alsoPromotable: [] }
    const inputs = stepInputs(one.asset, one.partition, this.#open.partitionContext)
    const there = inputVersions(inputs, (key, partition) => known(this.#version(key, partition))).known
    const used = one.stored.materialization.inputs
    const differing = [...new Set([...Object.keys(used), ...there.keys()])].filter(key => used[key] !== there.get(key))
    if (differing.length === 0) return undefined
    const own = inputVersions(inputs, (key, partition) => {
      return known(
        this.#open.sources.version(key) ?? this.#states.from.get(key, partition)?.materialization.dataVersion,
      )
    }).known
    const alsoPromotable = differing.filter(key => this.#open.project.assets.has(key) && own.get(key) === used[key])
    const names = differing.map(key => `'${key}'`).join(", ")
    const why = `'${step}' was made from another version of ${names} than '${this.#open.environment.name}' has.`
    return { step, why, inputs: differing, alsoPromotable }
  }

  /** Rows are added to what an environment holds itself: a version that lacks some of them must not take their place. */
  #lostRows({ asset, key, partition, stored, former }: Promoted): string | undefined {
    if (!adds(asset) || !former) return undefined
    const held = new Set([stored.materialization.fingerprint, ...(stored.applied ?? [])])
    const added = [former.materialization.fingerprint, ...(former.applied ?? [])]
    if (added.every(fingerprint => held.has(fingerprint))) return undefined
    const { name } = this.#open.environment
    return `'${stepId(key, partition)}' of '${name}' holds rows that were added there, and the version to promote lacks them.`
  }

  #version(key: string, partition: string | null): string | undefined {
    const source = this.#open.sources.version(key)
    if (source !== undefined) return source
    const id = stepId(key, partition)
    const promoted = this.#promoted.get(id)
    if (promoted) return promoted.stored.materialization.dataVersion
    this.#read.set(id, { key, partition })
    const stored = [this.#states.to, ...this.#reused].map(state => state.get(key, partition)).find(one => one?.intact)
    return stored?.materialization.dataVersion
  }
}

function known(dataVersion: string | undefined) {
  return dataVersion === undefined ? undefined : ({ kind: "known", dataVersion } as const)
}

function conflicting(conflicts: readonly Conflict[], from: string, to: string): StorageError {
  const [first] = conflicts
  const steps = conflicts.map(({ step }) => step)
  const also = [...new Set(conflicts.flatMap(({ alsoPromotable }) => alsoPromotable))]
  const needed = conflicts.flatMap(({ inputs }) => inputs).every(key => also.includes(key))
  const together = first && first.inputs.length > 0 && needed
  return new StorageError("PROMOTE_CONFLICT", {
    what: `${listed(steps)} cannot be promoted from '${from}' to '${to}'.`,
    why: conflicts
      .slice(0, 5)
      .map(({ why }) => why)
      .join(" "),
    fix: together
      ? `Promote what they were made from, too: assets promote ${from} ${to} ${[...also, ...keysOf(steps)].join(" ")}`
      : first?.inputs.length === 0
        ? `Add the rows there: assets materialize ${keysOf(steps).join(" ")} --env ${to}`
        : `Materialize the branch again: assets materialize ${keysOf(steps).join(" ")} --env ${from}; then promote.`,
    details: { from, to, conflicts: conflicts.map(({ step, inputs }) => ({ step, inputs })) },
  })
}

function keysOf(steps: readonly string[]): string[] {
  return [...new Set(steps.map(step => step.replace(/\[.*$/s, "")))]
}

function listed(steps: readonly string[]): string {
  const shown = steps.slice(0, 5).map(step => `'${step}'`)
  return steps.length > shown.length ? `${shown.join(", ")} and ${steps.length - shown.length} more` : shown.join(", ")
}

function notWhole(step: string, from: string): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `The stored data of '${step}' in '${from}' is not whole.`,
    why: "Its record is there, and files of it are not.",
    fix: `Materialize it again: assets materialize ${step.replace(/\[.*$/s, "")} --env ${from}`,
    details: { step, environment: from },
  })
}
