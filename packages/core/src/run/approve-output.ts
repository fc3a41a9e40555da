import type { CheckResult } from "../check/asset-check.ts"
import type { EngineSession } from "../engine/engine.ts"
import { CheckError, StorageError } from "../errors/assets-error.ts"
import type { Lease } from "../event/run-log.ts"
import type { Materialization, MeasuredUsage, Written } from "../io/io-manager.ts"
import type { StepWork } from "../plan/build-plan.ts"
import { adds, dataVersionOf, isToldByContent } from "../plan/fingerprint.ts"
import { userCodeError } from "../plan/user-code.ts"
import { digestOf } from "../util/canonical-json.ts"
import type { Json } from "../util/json.ts"
import type { OutputValue } from "../value/value-type.ts"
import type { StepAbout } from "./compute-context.ts"
import type { PinnedInput } from "./load-inputs.ts"
import type { RunContext } from "./run-context.ts"

export interface ApprovalRequest {
  readonly work: StepWork
  readonly about: StepAbout
  readonly id: string
  readonly attempt: number
  readonly lease: Lease
  readonly fingerprint: string
  readonly inputs: ReadonlyMap<string, string>
  readonly pinned: readonly PinnedInput[]
  readonly output: OutputValue
  readonly metadata: { readonly [name: string]: Json }
  readonly signal: AbortSignal
  readonly session: () => Promise<EngineSession>
  /** The recorded name of the engine, when the step has used one. */
  readonly engine: () => string
}

/**
 * Decides whether written data may become current: its checks, its sources, its lease. Gives the record to keep with it.
 * @throws CheckError `CHECK_FAILED`; StorageError `SOURCE_CHANGED_WHILE_READ`, `LEASE_LOST`
 */
export async function approveOutput(
  run: RunContext,
  request: ApprovalRequest,
  written: Written,
): Promise<Materialization> {
  const { work, id, attempt, signal, fingerprint } = request
  const { asset, code, step } = work
  signal.throwIfAborted()
  const checks = await evaluateChecks(run, request, written)
  const digest = await contentDigest(request, written)
  await confirmSources(run, request)
  const former = adds(asset) ? await formerVersion(run, request) : undefined
  signal.throwIfAborted()
  confirmLease(run, request.lease, request.about.step)
  const { rows, bytes, files, columns } = written.result ?? {}
  const usage = usageOf(written)
  return Object.freeze<Materialization>({
    id,
    key: asset.key,
    partitions: step.partitions,
    kind: request.output.kind,
    fingerprint,
    dataVersion: dataVersionOf({ asset, code, fingerprint, forced: run.settings.force, former, digest, id }),
    codeVersion: code.version,
    inputs: Object.fromEntries(request.inputs),
    runId: run.settings.id,
    attempt,
    createdAt: new Date().toISOString(),
    engine: request.engine(),
    ...(rows !== undefined && { rows }),
    ...(bytes !== undefined && { bytes }),
    ...(files && { files: files.length }),
    ...(columns && columns.length > 0 && { columns }),
    ...(checks.length > 0 && { checks }),
    ...(Object.keys(request.metadata).length > 0 && { metadata: request.metadata }),
    ...(Object.keys(usage).length > 0 && { usage }),
  })
}

function usageOf({ result }: Written): MeasuredUsage {
  const { usage, files = [] } = result ?? {}
  const largestFileBytes = files.reduce((largest, { bytes }) => Math.max(largest, bytes), 0)
  return { ...usage, ...(files.length > 1 && { largestFileBytes }) }
}

async function evaluateChecks(
  run: RunContext,
  { work, about, signal, session }: ApprovalRequest,
  { stored }: Written,
): Promise<readonly CheckResult[]> {
  const { key, options, returns } = work.asset
  if (!options.checks?.length || !returns.check) return []
  let results: readonly CheckResult[]
  try {
    results = await returns.check(options.checks, stored, await session(), signal)
  } catch (error) {
    throw signal.aborted ? signal.reason : userCodeError(key, "check", error)
  }
  run.emit(...results.map(result => ({ type: "check_evaluated" as const, ...about, result })))
  const failed = results.filter(({ passed, blocking }) => !passed && blocking)
  if (failed.length === 0) return results
  throw new CheckError("CHECK_FAILED", {
    what: `'${about.step}' fails ${failed.map(({ name }) => name).join(", ")}.`,
    why: failed.map(tellFailure).join(" "),
    fix: "Mend the data or the check. What was current before is still current.",
    details: { key, checks: failed as unknown as Json }, // CheckResult holds nothing but JSON
  })
}

function tellFailure({ name, message, badRows }: CheckResult): string {
  return `${name}: ${message ?? (badRows === undefined ? "not passed" : `${badRows} rows break the rule`)}.`
}

async function contentDigest(
  { work, output, session, signal }: ApprovalRequest,
  { stored }: Written,
): Promise<string | undefined> {
  if (output.kind === "json") return digestOf(output.value)
  if (output.kind === "batches") return output.digest?.()
  const { asset, code } = work
  if (output.kind !== "relation" || !isToldByContent(asset, code) || !asset.returns.digest) return undefined
  return asset.returns.digest(stored, await session(), signal)
}

/** The data version to which rows are added: of this moment, since a run with another event log may have added some. */
async function formerVersion(run: RunContext, { work, signal }: ApprovalRequest): Promise<string | undefined> {
  const { state } = run.settings
  await state.refreshPartition(work.asset, work.partition, signal)
  return state.get(work.asset.key, work.partition)?.materialization.dataVersion
}

async function confirmSources(run: RunContext, { pinned }: ApprovalRequest): Promise<void> {
  for (const { input } of pinned) {
    if (input.of.kind !== "source" || (await run.settings.sources.isUnchanged(input.of))) continue
    throw new StorageError("SOURCE_CHANGED_WHILE_READ", {
      what: `The source '${input.key}' changed while it was read.`,
      why: "Its files were not the same before and after the step, so the result may be of neither.",
      fix: "Run again when the files are complete; 'retry' on the asset does so by itself.",
      details: { key: input.key },
    })
  }
}

/**
 * Makes a change while the lease is held for certain: it is taken over by a change of the log, and the log is this one's
 * until the change is made.
 * @throws StorageError `LEASE_LOST`
 */
export function commitOnLease<T>(run: RunContext, lease: Lease, step: string, change: () => T): T {
  return commitOnLeases(run, [lease], step, change)
}

/** The same for a change that is of several steps; `step` is the one that is told when a lease is lost. */
export function commitOnLeases<T>(run: RunContext, leases: readonly Lease[], step: string, change: () => T): T {
  return run.settings.log.transaction(() => {
    for (const lease of leases) confirmLease(run, lease, step)
    return change()
  })
}

function confirmLease(run: RunContext, lease: Lease, step: string): void {
  if (run.settings.log.holdsLease(lease)) return
  throw new StorageError("LEASE_LOST", {
    what: `The lease of '${step}' was lost before its data became current.`,
    why: "Another run took this one for dead and went on in its place.",
    fix: "Run again; what the other run stored is current.",
    details: { step },
  })
}
