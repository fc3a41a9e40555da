import type { EngineSession } from "../engine/engine.ts"
import type { Lease } from "../event/run-log.ts"
import type { Materialization, OutputContext } from "../io/io-manager.ts"
import type { StepWork } from "../plan/build-plan.ts"
import type { Json } from "../util/json.ts"
import { uuidv7 } from "../util/uuid.ts"
import { approveOutput, commitOnLease } from "./approve-output.ts"
import type { StepAbout } from "./compute-context.ts"
import { computeOutput } from "./compute-output.ts"
import type { ReadyStep } from "./ready-step.ts"
import type { RunContext } from "./run-context.ts"

/** What a step does with the IO manager of its asset. */
export interface StepOutput {
  restore(fingerprint: string): Promise<Materialization | undefined>
  /**
   * @returns the record that is current or staged now, and the id of this write: the record's own unless somebody else
   * had added the same rows before
   */
  store(): Promise<{ readonly id: string; readonly materialization: Materialization }>
}

export interface OutputRequest extends ReadyStep {
  readonly about: StepAbout
  readonly attempt: number
  readonly engineStep: string
  readonly lease: Lease
  readonly signal: AbortSignal
}

/** Joins a step to the IO manager of its asset. */
export function stepOutput(run: RunContext, work: StepWork, request: OutputRequest): StepOutput {
  const { environment, log } = run.settings
  const { asset, step } = work
  const { about, attempt, signal, pinned } = request
  const io = environment.io(asset)
  const id = uuidv7()
  const metadata: { [name: string]: Json } = {}
  let usesEngine = false
  const session = (): Promise<EngineSession> => {
    usesEngine = true
    return environment.session(asset)
  }
  const { write = "overwrite", layout } = asset.options
  const context = (approve: OutputContext["approve"]): OutputContext => ({
    ...environment.ioContext(signal),
    key: asset.key,
    id,
    partitions: step.partitions,
    fingerprint: request.fingerprint,
    write,
    ...(run.settings.reapply && { reapply: true }),
    ...(environment.config.publish === "run" && { staged: true }),
    layout,
    stepId: request.engineStep,
    session,
    ...(typeof write === "object" && {
      merge: (former, added) => asset.returns.merge?.(former, added, write.merge) ?? added,
    }),
    approve,
    commit: change => commitOnLease(run, request.lease, about.step, change),
    waiting: holder => run.emit({ type: "step_waiting", ...about, holder }),
    inUse: () => log.inUse(),
  })
  return {
    restore: async fingerprint =>
      io.restore?.(
        context(() => Promise.reject(new Error("a restored version was approved when it was written"))),
        fingerprint,
      ),
    store: async () => {
      const output = await computeOutput(run, { work, about, pinned, signal, session, metadata })
      const engine = () => (usesEngine ? environment.engineName(asset) : "none")
      const { lease, fingerprint, inputs } = request
      const approval = {
        work,
        about,
        id,
        attempt,
        lease,
        fingerprint,
        inputs,
        pinned,
        output,
        metadata,
        signal,
        session,
        engine,
      }
      const materialization = await io.handleOutput(
        context(written => approveOutput(run, approval, written)),
        output,
      )
      return { id, materialization }
    },
  }
}
