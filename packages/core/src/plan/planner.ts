import type { Asset } from "../asset/asset.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { ConfigError } from "../errors/assets-error.ts"
import type { PartitionContext } from "../partition/partitions.ts"
import type { AssetCode } from "./asset-code.ts"
import type { PlannedWork, PlanRequest, StepWork } from "./build-plan.ts"
import { type CurrentState, holdsWork, reusableState } from "./current-state.ts"
import { decideStep, type InputVersions, inputVersions, type Prediction } from "./decide-step.ts"
import { planDiff } from "./diff-lines.ts"
import type { ExecutionPlan, PlanStep, PlanWarning, Reason } from "./execution-plan.ts"
import { adds, dataVersionOf, fingerprintOf, isKnownBefore, isToldByContent } from "./fingerprint.ts"
import { wantedKeys } from "./partition-request.ts"
import { stepId } from "./step-id.ts"
import { type StepInput, stepInputs } from "./step-inputs.ts"

/** Without a request for partitions, the most of one asset that run. */
const UNASKED_LIMIT = 100
const PRIORITY_OF_DECLARED = 1_000_000

/** A step, and what it reads that is neither stored nor going to be made. */
interface DecidedWork {
  readonly work: StepWork
  readonly missing: InputVersions["missing"]
}

/** What a planned step will give. */
interface Predicted {
  readonly step: string
  readonly gives: Prediction
}

/** Decides the steps of a plan one asset after the other, what they depend on first. */
export class Planner {
  readonly #request: PlanRequest
  readonly #state: CurrentState
  readonly #reusable: readonly CurrentState[]
  readonly #codes: ReadonlyMap<string, AssetCode>
  readonly #failures: ReadonlyMap<string, string>
  readonly #work = new Map<string, StepWork>()
  /** What planned steps will give; for all else the state and the sources tell. */
  readonly #whole = new Map<string, Predicted>()
  readonly #parts = new Map<string, Map<string, Predicted>>()
  readonly #texts = new Map<string, string>()
  readonly #missing: { readonly step: string; readonly key: string; readonly partition: string | null }[] = []

  constructor(
    request: PlanRequest,
    { state, reusable }: Pick<PlannedWork, "state" | "reusable">,
    codes: ReadonlyMap<string, AssetCode>,
  ) {
    this.#request = request
    this.#state = state
    this.#reusable = reusable
    this.#codes = codes
    this.#failures = request.log.failures(request.environment.name)
  }

  add(asset: Asset): void {
    const exactly = this.#request.exactly?.get(asset.key)
    if (exactly) {
      for (const partition of stillThere(asset, exactly, this.#request.partitionContext)) {
        this.#keep(this.#decide(asset, partition))
      }
      return
    }
    if (!asset.options.partitions) {
      this.#keep(this.#decide(asset, null))
      return
    }
    const wanted = wantedKeys(asset, this.#request.partitions, {
      partitions: this.#request.partitionContext,
      isStored: (key, partition) => this.#state.get(key, partition)?.intact === true,
      hasFailed: (key, partition) => this.#failures.has(stepId(key, partition)),
    })
    const works = wanted.keys.map(partition => this.#decide(asset, partition))
    const kept = wanted.kind === "behind" ? works.filter(({ work }) => work.step.decision !== "skip") : works
    if (wanted.kind === "behind" && kept.length > UNASKED_LIMIT && !this.#request.anyNumber)
      throw tooMany(asset.key, kept)
    for (const work of kept) this.#keep(work)
  }

  planned(): Omit<PlannedWork, "readAfter"> {
    this.#refuseMissing()
    const { environment, selection, code } = this.#request
    const steps = [...this.#work.values()].map(({ step }) => step)
    const plan: ExecutionPlan = Object.freeze({
      environment: environment.name,
      selection,
      timeZone: environment.timeZone,
      now: code.now.toISOString(),
      steps: Object.freeze(steps),
      texts: Object.freeze(Object.fromEntries(this.#texts)),
      warnings: Object.freeze([
        ...[...this.#codes.values()].flatMap(({ warning }) => warning ?? []),
        ...poolWarnings(this.#work.values(), environment),
      ]),
    })
    return { plan, work: this.#work, state: this.#state, reusable: this.#reusable }
  }

  #decide(asset: Asset, partition: string | null): DecidedWork {
    const { partitionContext, force, project } = this.#request
    const id = stepId(asset.key, partition)
    const code = this.#codes.get(asset.key) as AssetCode // of every selected asset
    const inputs = stepInputs(asset, partition, partitionContext)
    const versions = inputVersions(inputs, (key, upstream) => this.#versionOf(key, upstream))
    const isKnown = versions.new.length === 0 && versions.undecided.length === 0 && versions.missing.length === 0
    const fingerprint = isKnown ? fingerprintOf({ asset, code, partition }, versions.known) : undefined
    const stored = this.#state.get(asset.key, partition)
    if (force && !this.#request.reapply && adds(asset) && holdsWork(stored, fingerprint)) throw addedTwice(id)
    const hasOthers = partition !== null && this.#state.partitions(asset.key).size > 0
    const diff = (former: { readonly codeVersion: string }) => this.#diff(former.codeVersion, code)
    const decided = decideStep({ code, stored, hasOthers, inputs: versions, fingerprint, force, diff })
    const mayReuse = decided.decision === "run" && !force && !code.always
    const reused = mayReuse ? this.#reuse(asset, partition, fingerprint) : undefined
    const { decision, reasons } = reused ? { decision: "skip" as const, reasons: [reused] } : decided
    const former = this.#state.get(asset.key, partition)
    const step: PlanStep = Object.freeze({
      id,
      key: asset.key,
      partitions: partition === null ? NONE : Object.freeze([partition]),
      decision,
      reasons: decision === "skip" ? reasons : this.#withFailure(id, reasons),
      upstream: this.#stepsAbove(inputs),
      codeVersion: code.version,
      fingerprint: fingerprint ?? null,
      dataVersion: dataVersionBefore({ asset, code, decision, fingerprint, stored: former, force }),
      priority: (asset.options.priority ?? 0) * PRIORITY_OF_DECLARED + project.graph.pathBelow(asset.key),
    })
    return { work: { step, asset, code, partition, inputs }, missing: versions.missing }
  }

  /** Takes what another environment holds, when it is the same work. */
  #reuse(asset: Asset, partition: string | null, fingerprint: string | undefined): Reason | undefined {
    const found = reusableState(this.#reusable, asset.key, partition, fingerprint)
    if (!found) return undefined
    this.#state.set(asset.key, [partition], found)
    return { kind: "reused", from: found.environment.name }
  }

  #keep({ work, missing }: DecidedWork): void {
    const { step, asset, code, partition } = work
    for (const one of missing) this.#missing.push({ step: step.id, ...one })
    this.#work.set(step.id, work)
    const gives = predictionOf(work, this.#request.force)
    this.#predict(asset.key, partition, { step: step.id, gives })
    if (step.decision !== "skip" && code.text !== undefined) this.#texts.set(code.version, code.text)
  }

  #predict(key: string, partition: string | null, predicted: Predicted): void {
    if (partition === null) {
      this.#whole.set(key, predicted)
      return
    }
    const known = this.#parts.get(key)
    if (known) known.set(partition, predicted)
    else this.#parts.set(key, new Map([[partition, predicted]]))
  }

  #predicted(key: string, partition: string | null): Predicted | undefined {
    return partition === null ? this.#whole.get(key) : this.#parts.get(key)?.get(partition)
  }

  #versionOf(key: string, partition: string | null): Prediction | undefined {
    const planned = this.#predicted(key, partition)
    if (planned) return planned.gives
    const given = this.#request.sources.version(key)
    if (given !== undefined) return { kind: "known", dataVersion: given }
    const stored = this.#state.get(key, partition)
    return stored?.intact ? { kind: "known", dataVersion: stored.materialization.dataVersion } : undefined
  }

  #stepsAbove(inputs: readonly StepInput[]): readonly string[] {
    const above: string[] = []
    for (const { key, partitions } of inputs) {
      for (const partition of partitions) {
        const step = this.#predicted(key, partition)?.step
        if (step !== undefined) above.push(step)
      }
    }
    return above.length === 0 ? NONE : Object.freeze(above.length === 1 ? above : [...new Set(above)])
  }

  #withFailure(id: string, reasons: readonly Reason[]): readonly Reason[] {
    const runId = this.#failures.get(id)
    return runId === undefined ? reasons : [...reasons, { kind: "failed_before", runId }]
  }

  #diff(former: string, { text }: AssetCode): readonly string[] | undefined {
    return text === undefined ? undefined : planDiff(this.#request.log.planText(former), text)
  }

  #refuseMissing(): void {
    const [first] = this.#missing
    if (!first) return
    const { step, key, partition } = first
    const name = stepId(key, partition)
    const others = this.#missing.length - 1
    const text = {
      what: `'${step}' reads '${name}', which is not stored in the environment '${this.#request.environment.name}'.`,
      why: `It was never materialized there, or its data was deleted, and it is not selected${others > 0 ? `; so it is with ${others} more` : ""}.`,
      details: {
        step,
        key,
        partition,
        missing: this.#missing.slice(0, 100).map(one => stepId(one.key, one.partition)),
      },
    }
    if (partition === null) {
      const fix = `Select what is above, too: '+${this.#work.get(step)?.asset.key ?? key}'.`
      throw new ConfigError("INPUT_MISSING", { ...text, fix })
    }
    const fix = `Materialize it first: assets materialize ${key} --partition '${partition}'; or let the mapping allow missing partitions.`
    throw new ConfigError("PARTITION_UPSTREAM_MISSING", { ...text, fix })
  }
}

/** Of former steps of an asset those that it would still have, in the order of its keys. */
function stillThere(
  { options: { partitions } }: Asset,
  former: readonly (string | null)[],
  context: PartitionContext,
): readonly (string | null)[] {
  if (!partitions) return former.includes(null) ? [null] : []
  const wanted = new Set(former)
  return partitions.keys(context).filter(key => wanted.has(key))
}

const NONE: readonly never[] = Object.freeze([])

interface VersionFacts {
  readonly asset: Asset
  readonly code: AssetCode
  readonly decision: PlanStep["decision"]
  readonly fingerprint: string | undefined
  readonly stored: { readonly materialization: { readonly dataVersion: string } } | undefined
  readonly force: boolean
}

/** The data version that a step will leave, where it is known before it runs. */
function dataVersionBefore({ asset, code, decision, fingerprint, stored, force }: VersionFacts): string | null {
  const former = stored?.materialization.dataVersion
  if (decision === "skip") return former ?? null
  if (force || decision === "maybe" || fingerprint === undefined || !isKnownBefore(asset, code)) return null
  return dataVersionOf({ asset, code, fingerprint, forced: false, former, digest: undefined, id: "" })
}

function predictionOf({ step, asset, code }: StepWork, force: boolean): Prediction {
  if (step.dataVersion !== null) return { kind: "known", dataVersion: step.dataVersion }
  if (step.decision === "maybe") return { kind: "undecided", step: step.id }
  const isNew = force || adds(asset) || !isToldByContent(asset, code)
  return isNew ? { kind: "new" } : { kind: "undecided", step: step.id }
}

/** Pools that steps name and the environment does not: one warning for each. */
function poolWarnings(works: Iterable<StepWork>, { name, config }: OpenEnvironment): PlanWarning[] {
  const keys = new Map<string, Set<string>>()
  for (const { step, asset } of works) {
    const { pool } = asset.options
    if (pool === undefined || step.decision === "skip" || config.pools?.[pool] !== undefined) continue
    keys.set(pool, (keys.get(pool) ?? new Set()).add(asset.key))
  }
  return [...keys].map(([pool, of]) => {
    const [key = "", ...others] = of
    const who = others.length === 0 ? `'${key}' names` : `'${key}' and ${others.length} more name`
    const message = `${who} the pool '${pool}', which the environment '${name}' does not declare: no limit holds. Add pools: { ${JSON.stringify(pool)}: 2 } to it.`
    return { code: "POOL_UNDECLARED", key, message }
  })
}

function addedTwice(step: string): ConfigError {
  return new ConfigError("ARGUMENT_INVALID", {
    what: `force would add the rows of '${step}' once more.`,
    why: "It appends or merges, and what it would add was added before: the same code over the same inputs.",
    fix: "Leave force out, leave the asset out of the selection, or add 'reapply' (--reapply) when the rows are wanted twice.",
    details: { step },
  })
}

function tooMany(key: string, works: readonly DecidedWork[]): ConfigError {
  const partitions = works.map(({ work }) => work.partition)
  return new ConfigError("PARTITION_TOO_MANY", {
    what: `${works.length} partitions of '${key}' are missing or stale.`,
    why: `Without a request for partitions at most ${UNASKED_LIMIT} of an asset run.`,
    fix: `Ask for them: assets materialize ${key} --partitions '${partitions[0]}..${partitions.at(-1)}', or --partitions all; or --yes, for these.`,
    details: { key, count: works.length },
  })
}
