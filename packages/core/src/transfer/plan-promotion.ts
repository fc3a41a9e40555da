import type { Asset } from "../asset/asset.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { StorageError } from "../errors/assets-error.ts"
import { type AssetCode, assetCode } from "../plan/asset-code.ts"
import { CurrentState, holdsWork, type StoredState } from "../plan/current-state.ts"
import { inputVersions } from "../plan/decide-step.ts"
import { adds, fingerprintOf, type PartitionWork } from "../plan/fingerprint.ts"
import { stepId } from "../plan/step-id.ts"
import { type StepInput, stepInputs } from "../plan/step-inputs.ts"
import { storedInputVersions } from "../plan/stored-input-versions.ts"
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
  /** Left out: the other environment holds what the project's code makes now, and this one something else. */
  readonly behind: readonly StoredStep[]
  /** The assets' partitions that the promoted ones were made from: to be left alone until the promotion is done. */
  readonly read: readonly StoredStep[]
}

/** Why a partition cannot be promoted. */
interface Conflict {
  readonly step: string
  /** Rows would be lost; its inputs are others than there; the project's code makes something else now. */
  readonly about: "rows" | "inputs" | "code"
  readonly why: string
  readonly inputs: readonly string[]
  /** Those of the inputs that the promoting environment holds as they were used: promoted together, they would do. */
  readonly alsoPromotable: readonly string[]
}

interface States {
  readonly from: CurrentState
  readonly to: CurrentState
  readonly reused: readonly CurrentState[]
}

/** Finds what is current in an environment and differs from what the open one holds, as often as it is asked. */
export class PromotionPlanner {
  readonly #open: OpenProject
  readonly #from: OpenEnvironment
  readonly #assets: readonly Asset[]
  readonly #codes = new Map<string, AssetCode>()

  /** @param assets those that may be promoted, what they depend on first */
  constructor(open: OpenProject, from: OpenEnvironment, assets: readonly Asset[]) {
    this.#open = open
    this.#from = from
    this.#assets = assets
  }

  /**
   * @throws StorageError `PROMOTE_CONFLICT` when something was made from what the open environment does not have, or would
   * not have after the promotion, or by other code than the project's, or would drop rows that were added there;
   * `STORAGE_DATA_MISSING`
   * @param among the steps alone that may be promoted, by their ids; default: every one of these assets
   */
  async plan(among?: ReadonlySet<string>): Promise<PlannedPromotion> {
    const { project, environment, sources, signal, reuse } = this.#open
    const above = new Set(this.#assets.flatMap(({ key }) => project.graph.upstream(key)))
    const touched = new Set([...this.#assets, ...[...above].flatMap(key => project.assets.get(key) ?? [])])
    const states: States = {
      from: new CurrentState(this.#from),
      to: new CurrentState(environment),
      reused: reuse.map(other => new CurrentState(other)),
    }
    await Promise.all([
      ...[states.from, states.to, ...states.reused].map(one => one.read(touched, signal)),
      sources.observe([...above].flatMap(key => project.sources.get(key) ?? [])),
    ])
    const { differing, unchanged } = this.#differing(states)
    const wanted = differing.filter(({ key, partition }) => among?.has(stepId(key, partition)) ?? true)
    const view = new ViewAfter(this.#open, states, asset => this.#code(asset, states.from), wanted)
    const conflicts = wanted.flatMap(one => view.settle(one) ?? [])
    if (conflicts.length > 0) throw conflicting(conflicts, this.#from.name, environment.name)
    return { ...view.settled, unchanged }
  }

  #differing({ from, to }: States) {
    const differing: Promoted[] = []
    let unchanged = 0
    for (const asset of this.#assets) {
      for (const [partition, stored] of from.partitions(asset.key)) {
        if (!isDeclared(this.#open, asset, partition)) continue
        const former = to.get(asset.key, partition)
        if (former?.intact && isSame(stored, former)) unchanged++
        else if (stored.intact) differing.push({ key: asset.key, partition, asset, stored, former })
        else throw notWhole(stepId(asset.key, partition), from.environment.name)
      }
    }
    return { differing, unchanged }
  }

  /** Looked into once: the code does not change while the process lives. */
  #code(asset: Asset, from: CurrentState): AssetCode {
    const known = this.#codes.get(asset.key)
    if (known) return known
    const { environment, project } = this.#open
    const { now, timeZone } = environment
    const isStored = ({ key }: Asset, version: string) => {
      return [...from.partitions(key).values()].some(({ materialization }) => materialization.codeVersion === version)
    }
    const code = assetCode(asset, { now, timeZone, codeVersions: project.codeVersions, isStored })
    this.#codes.set(asset.key, code)
    return code
  }
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

/** The environment as it would be after the promotion. What is upstream is settled first. */
class ViewAfter {
  readonly #open: OpenProject
  readonly #states: States
  readonly #codeOf: (asset: Asset) => AssetCode
  readonly #promoted: Map<string, Promoted>
  readonly #behind: StoredStep[] = []
  readonly #read = new Map<string, StoredStep>()

  constructor(open: OpenProject, states: States, codeOf: (asset: Asset) => AssetCode, wanted: readonly Promoted[]) {
    this.#open = open
    this.#states = states
    this.#codeOf = codeOf
    this.#promoted = new Map(wanted.map(one => [stepId(one.key, one.partition), one]))
  }

  get settled(): Omit<PlannedPromotion, "unchanged"> {
    return { promoted: [...this.#promoted.values()], behind: this.#behind, read: [...this.#read.values()] }
  }

  /** Says why a partition cannot be promoted; leaves it out when the environment holds what would be made of it now. */
  settle(one: Promoted): Conflict | undefined {
    const step = stepId(one.key, one.partition)
    const inputs = stepInputs(one.asset, one.partition, this.#open.partitionContext)
    const there = inputVersions(inputs, (key, partition) => known(this.#version(key, partition))).known
    const work = { asset: one.asset, partition: one.partition, code: this.#codeOf(one.asset) }
    const conflict =
      this.#lostRows(one, step) ?? this.#otherInputs(one, { step, inputs, there }) ?? this.#otherCode(one, work, there)
    const hasIt = isTold(work.code) && holdsWork(one.former, fingerprintOf(work, there))
    if (!conflict || !hasIt) return conflict
    this.#promoted.delete(step)
    this.#behind.push({ key: one.key, partition: one.partition })
    return undefined
  }

  /** Rows are added to what an environment holds itself: a version that lacks some of them must not take their place. */
  #lostRows({ asset, stored, former }: Promoted, step: string): Conflict | undefined {
    if (!adds(asset) || !former) return undefined
    const held = new Set([stored.materialization.fingerprint, ...(stored.applied ?? [])])
    const added = [former.materialization.fingerprint, ...(former.applied ?? [])]
    if (added.every(fingerprint => held.has(fingerprint))) return undefined
    const { name } = this.#open.environment
    const why = `'${step}' of '${name}' holds rows that were added there, and the version to promote lacks them.`
    return { step, about: "rows", why, inputs: [], alsoPromotable: [] }
  }

  #otherInputs({ stored }: Promoted, { step, inputs, there }: UsedInputs): Conflict | undefined {
    const used = stored.materialization.inputs
    const differing = [...new Set([...Object.keys(used), ...there.keys()])].filter(key => used[key] !== there.get(key))
    if (differing.length === 0) return undefined
    const { sources, project, environment } = this.#open
    const own = storedInputVersions(inputs, { sources, state: this.#states.from }).known
    const alsoPromotable = differing.filter(key => project.assets.has(key) && own.get(key) === used[key])
    const names = differing.map(key => `'${key}'`).join(", ")
    const why = `'${step}' was made from another version of ${names} than '${environment.name}' has.`
    return { step, about: "inputs", why, inputs: differing, alsoPromotable }
  }

  /** What the project's code makes of the same inputs, where that can be told. */
  #otherCode({ stored }: Promoted, work: PartitionWork, there: ReadonlyMap<string, string>): Conflict | undefined {
    const { code, asset, partition } = work
    if (!isTold(code)) return undefined
    const isMade =
      code.stability === "volatile" // with 'every' the instant is another, and not the code
        ? stored.materialization.codeVersion === code.version
        : holdsWork(stored, fingerprintOf(work, there))
    if (isMade) return undefined
    const step = stepId(asset.key, partition)
    const why = `'${step}' was made by other code, or under other settings, than the project has now.`
    return { step, about: "code", why, inputs: [], alsoPromotable: [] }
  }

  #version(key: string, partition: string | null): string | undefined {
    const source = this.#open.sources.version(key)
    if (source !== undefined) return source
    const id = stepId(key, partition)
    const promoted = this.#promoted.get(id)
    if (promoted) return promoted.stored.materialization.dataVersion
    this.#read.set(id, { key, partition })
    const { to, reused } = this.#states
    const stored = [to, ...reused].map(state => state.get(key, partition)).find(one => one?.intact)
    return stored?.materialization.dataVersion
  }
}

/** Whether it is known what the code is: not where no loader knows its files, or each call gives another plan. */
function isTold({ always, warning }: AssetCode): boolean {
  return always?.kind !== "code_unknown" && warning === undefined
}

interface UsedInputs {
  readonly step: string
  readonly inputs: readonly StepInput[]
  /** The data versions of the inputs as the environment will have them. */
  readonly there: ReadonlyMap<string, string>
}

function known(dataVersion: string | undefined) {
  return dataVersion === undefined ? undefined : ({ kind: "known", dataVersion } as const)
}

function conflicting(conflicts: readonly Conflict[], from: string, to: string): StorageError {
  const [first] = conflicts
  const steps = conflicts.map(({ step }) => step)
  const also = [...new Set(conflicts.flatMap(({ alsoPromotable }) => alsoPromotable))]
  const together =
    conflicts.every(({ about }) => about === "inputs") &&
    conflicts.flatMap(({ inputs }) => inputs).every(key => also.includes(key))
  return new StorageError("PROMOTE_CONFLICT", {
    what: `${listed(steps)} cannot be promoted from '${from}' to '${to}'.`,
    why: conflicts
      .slice(0, 5)
      .map(({ why }) => why)
      .join(" "),
    fix: together
      ? `Promote what they were made from, too: assets promote ${from} ${to} ${[...also, ...keysOf(steps)].join(" ")}`
      : first?.about === "rows"
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
