import {
  type Definitions,
  type MaterializeOptions,
  materialize,
  openEventLog,
  type PlanOptions,
  plan,
  type Run,
  retriedRun,
} from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { exitCodes } from "../exit-codes.ts"
import { openProject } from "../open-project.ts"
import { Output } from "../output.ts"
import { outliveReader } from "../process-end.ts"
import { runRendererFor } from "../run-renderer-for.ts"
import { type PlanFlags, planRequest, printPlan } from "./plan.ts"

export interface MaterializeFlags extends PlanFlags {
  readonly dryRun?: boolean
  readonly checkOnly?: boolean
  readonly concurrency?: number
  readonly failFast?: boolean
  /** False with `--no-wait`. */
  readonly wait: boolean
  readonly fromFailure?: string
  readonly yes?: boolean
  readonly tag?: { readonly [name: string]: string }
}

export async function materializeCommand(selection: readonly string[], options: MaterializeFlags): Promise<void> {
  if (options.checkOnly) {
    const { checkCommand } = await import("./check.ts")
    return checkCommand(selection, options)
  }
  const startedAt = performance.now()
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const output = new Output(options)
  const request: PlanOptions = {
    ...planRequest(selection, options),
    anyNumber: options.yes === true,
    ...(options.fromFailure !== undefined && { fromFailure: options.fromFailure }),
  }
  if (options.fromFailure !== undefined && hasNothingToRetry(project.definitions, request)) {
    const text = "Nothing to retry: no step of the run failed, was blocked, cancelled or left out."
    if (output.json) output.note(text)
    else output.line(text)
    return
  }
  if (options.dryRun) {
    printPlan(await plan(project.definitions, request), output, performance.now() - startedAt)
    return
  }
  outliveReader()
  const renderer = runRendererFor(output, project.files)
  const run = await cancelOnSignal(signal =>
    materialize(project.definitions, {
      ...request,
      ...runOptions(options),
      signal,
      onBegin: begun => renderer.begin?.(begun),
      onEvent: event => renderer.onEvent(event),
    }),
  ).finally(() => renderer.close?.())
  await run.close()
  renderer.finish(performance.now() - startedAt)
  process.exitCode = exitCodeOfRun(run)
}

function hasNothingToRetry(project: Definitions, request: PlanOptions): boolean {
  const log = openEventLog(project, request.environment)
  try {
    return retriedRun(log, request)?.left.size === 0
  } finally {
    log.close()
  }
}

function runOptions({ concurrency, failFast, wait, tag }: MaterializeFlags): MaterializeOptions {
  return {
    failFast: failFast === true,
    wait,
    ...(concurrency !== undefined && { concurrency }),
    ...(tag && { tags: tag }),
  }
}

function exitCodeOfRun({ status }: Run): number {
  if (status === "cancelled") return exitCodes.cancelled
  return status === "failed" ? exitCodes.failed : exitCodes.done
}
