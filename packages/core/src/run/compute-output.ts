import { setTimeout as delay } from "node:timers/promises"
import { partitionWindow } from "../asset/partition-window.ts"
import type { EngineSession, RecordBatch } from "../engine/engine.ts"
import { UserCodeError } from "../errors/assets-error.ts"
import type { StepWork } from "../plan/build-plan.ts"
import { userCodeError } from "../plan/user-code.ts"
import { faultPoint } from "../util/fault-point.ts"
import type { Json } from "../util/json.ts"
import type { OutputValue } from "../value/value-type.ts"
import { computeContext, type StepAbout } from "./compute-context.ts"
import { idsOf, loadInput, type PinnedInput, relationsOf } from "./load-inputs.ts"
import { abortable, type GroupCall, type RunContext } from "./run-context.ts"

export interface ComputeRequest {
  readonly work: StepWork
  readonly about: StepAbout
  readonly pinned: readonly PinnedInput[]
  readonly signal: AbortSignal
  readonly session: () => Promise<EngineSession>
  /** Filled by `ctx.metadata`. */
  readonly metadata: { [name: string]: Json }
}

/** Makes a step's value: binds the plan of its transform, or calls its compute. Nothing of a lazy value is computed. */
export async function computeOutput(run: RunContext, request: ComputeRequest): Promise<OutputValue> {
  const { work, about, pinned, session, signal } = request
  const waiting = (holder: string) => run.emit({ type: "step_waiting", ...about, holder })
  const loaded = await Promise.all(
    pinned.map(async one => [one.input, await loadInput(one, run.settings, { session, signal, waiting })] as const),
  )
  const { asset, code, partition } = work
  if (code.lazy) {
    faultPoint("step.compute")
    const window = partitionWindow(asset, partition)
    const parameters = { ...(partition !== null && { key: partition }), ...window, now: code.instant }
    const relation = code.lazy.bind(relationsOf(loaded), parameters)
    return {
      kind: "relation",
      relation,
      schema: asset.returns.schema?.() ?? (await (await session()).schema(relation)),
    }
  }
  const inputs: { [name: string]: unknown } = {}
  for (const [input, stored] of loaded) inputs[input.name] = await input.of.returns.bind(stored, session)
  const returned = await callOnce(run, request, inputs)
  try {
    return watched(asset.returns.output(returned), asset.key, signal)
  } catch (error) {
    throw userCodeError(asset.key, "compute", error)
  }
}

/** Calls the compute; for `assets({...})` once per run and partition, whichever output is first. */
async function callOnce(run: RunContext, request: ComputeRequest, inputs: object): Promise<unknown> {
  const { asset, partition } = request.work
  const group = asset.outputOf
  if (!group) return callCompute(run, request, inputs)
  const calls = run.groupCalls.get(group.identity) ?? new Map<string | null, GroupCall>()
  run.groupCalls.set(group.identity, calls)
  let call = calls.get(partition)
  const reads = idsOf(request.pinned).join(" ")
  if (!call || call.takenBy.has(request.about.step) || call.reads !== reads) {
    call = { returned: callCompute(run, request, inputs), takenBy: new Set(), reads }
    calls.set(partition, call)
    call.returned.catch(() => calls.delete(partition)) // another attempt calls again
  }
  call.takenBy.add(request.about.step)
  const returned = await abortable(call.returned, request.signal)
  if (typeof returned === "object" && returned !== null && Object.hasOwn(returned, group.name)) {
    return (returned as { readonly [name: string]: unknown })[group.name]
  }
  throw new UserCodeError("VALUE_INVALID", {
    what: `The compute of '${asset.key}' returned no output '${group.name}'.`,
    why: `Its assets({...}) declares the outputs ${Object.keys(group.keys).join(", ")}.`,
    fix: `Return an object with each of these names.`,
    details: { key: asset.key, output: group.name },
  })
}

async function callCompute(run: RunContext, request: ComputeRequest, inputs: object): Promise<unknown> {
  const { work, about, signal, metadata } = request
  const { compute } = work.asset.options
  if (!compute) throw new Error(`'${work.asset.key}' has neither transform nor compute; please report this`)
  faultPoint("step.compute")
  try {
    const given = inputs as never // what `deps` give
    const made = compute(given, computeContext(run, work, about, { signal, metadata }))
    const returned = made instanceof Promise ? await abortable(made, signal) : made
    if (work.asset.options.timeoutMs !== undefined) await overdueTimers(signal)
    return returned
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw userCodeError(work.asset.key, "compute", error)
  }
}

/** Code that never waits lets no timer be heard: one that is due is heard now. */
async function overdueTimers(signal: AbortSignal): Promise<void> {
  await delay(0)
  signal.throwIfAborted()
}

/** Puts the boundary around the code of users also where it runs while its rows are written. */
function watched(output: OutputValue, key: string, signal: AbortSignal): OutputValue {
  if (output.kind !== "batches") return output
  return { ...output, batches: () => watchedBatches(output.batches(), key, signal) }
}

async function* watchedBatches(
  batches: AsyncIterable<RecordBatch>,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  const iterator = batches[Symbol.asyncIterator]()
  let isDone = false
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal)
      if (next.done) break
      yield next.value
      faultPoint("io.rows")
    }
    isDone = true
  } catch (error) {
    throw signal.aborted ? signal.reason : userCodeError(key, "compute", error)
  } finally {
    // Not awaited: what does not answer to the signal does not answer here either.
    if (!isDone) iterator.return?.()?.catch(() => undefined)
  }
}
