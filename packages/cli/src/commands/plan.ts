import {
  type AssetAdvice,
  advise,
  type ExecutionPlan,
  explainPlanAsJson,
  explainReasons,
  openStoredData,
  type PlanOptions,
  plan,
} from "@assets/core"
import { formatDuration, formatStep } from "../format.ts"
import type { GlobalOptions, PartitionFlags } from "../global-options.ts"
import type { LoadedProject } from "../load-project.ts"
import { environmentOf, openProject, partitionsOf, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"
import { stepSql } from "../step-sql.ts"

/** What `plan` and `materialize` are asked for alike. */
export interface PlanFlags extends GlobalOptions, PartitionFlags {
  readonly force?: boolean
  readonly reapply?: boolean
}

/** The request to core of a selection and its flags. */
export function planRequest(selection: readonly string[], flags: PlanFlags): PlanOptions {
  return {
    ...environmentOf(flags),
    ...selectOf(selection),
    force: flags.force === true,
    reapply: flags.reapply === true,
    ...partitionsOf(flags),
  }
}

/** Tells what the project should mend. */
function printWarnings(made: ExecutionPlan, output: Output): void {
  for (const { message } of made.warnings) output.note(`${output.errorColors.yellow("warning")} ${message}`)
}

export async function planCommand(
  selection: readonly string[],
  options: PlanFlags & { readonly sql?: boolean; readonly advise?: boolean },
): Promise<void> {
  const startedAt = performance.now()
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const request = planRequest(selection, options)
  const { plan: made, assets } = options.advise
    ? await advise(project.definitions, request)
    : { plan: await plan(project.definitions, request) }
  const sql = options.sql ? await statements(project, made, options) : undefined
  const besides = { ...(sql && { sql }), ...(assets && { advice: assets }) }
  printPlan(made, new Output(options), performance.now() - startedAt, besides)
}

/** What is printed besides the steps. */
export interface PlanBesides {
  /** The statement of a step, by its id. */
  readonly sql?: ReadonlyMap<string, string | undefined>
  readonly advice?: readonly AssetAdvice[]
}

/** The statements of the steps that may run, by the id of the step. */
async function statements(project: LoadedProject, made: ExecutionPlan, options: PlanFlags) {
  const stored = openStoredData(project.definitions, environmentOf(options))
  try {
    const print = await stepSql(project.definitions, stored, new Date(made.now))
    const wanted = made.steps.filter(({ decision }) => decision !== "skip")
    return new Map(wanted.map(step => [step.id, print(step)]))
  } finally {
    await stored.close()
  }
}

/** Prints a plan step by step, with the reasons, and how the code changed where that is known. */
export function printPlan(
  made: ExecutionPlan,
  output: Output,
  durationMs: number,
  { sql, advice }: PlanBesides = {},
): void {
  printWarnings(made, output)
  if (output.json) {
    for (const step of explainPlanAsJson(made).steps)
      output.object(sql ? { ...step, sql: sql.get(step.id) ?? null } : step)
    for (const one of advice ?? []) output.object(one)
    return
  }
  if (!output.quiet) printSteps(made, output, { ...(sql && { sql }), ...(advice && { advice }) })
  const count = (decision: string) => made.steps.filter(step => step.decision === decision).length
  output.line(
    `Done. run=${count("run")} maybe=${count("maybe")} skip=${count("skip")} in ${formatDuration(durationMs)}`,
  )
}

function printSteps(made: ExecutionPlan, output: Output, { sql, advice = [] }: PlanBesides): void {
  const left = new Map(advice.map(one => [one.key, one]))
  const last = new Map(made.steps.map(({ key, id }) => [key, id]))
  for (const step of made.steps) {
    printStep(step, output, sql?.get(step.id))
    const told = last.get(step.key) === step.id ? left.get(step.key) : undefined
    if (told) printAdvice(told, output)
    if (told) left.delete(step.key)
  }
  // Partitions that are stored and fresh have no steps.
  for (const one of left.values()) {
    output.line(`${output.colors.dim("SKIP ")} ${one.key}  every partition is unchanged`)
    printAdvice(one, output)
  }
}

function printStep(step: ExecutionPlan["steps"][number], output: Output, sql: string | undefined): void {
  const { green, dim, yellow, red } = output.colors
  const colour = { run: green, skip: dim, maybe: yellow }
  const word = step.decision.toUpperCase().padEnd(5)
  output.line(
    `${colour[step.decision](word)} ${formatStep(step.key, step.partitions)}  ${explainReasons(step.reasons)}`,
  )
  for (const reason of step.reasons) {
    if (reason.kind !== "code_changed") continue
    for (const line of reason.diff ?? []) {
      output.line(`        ${line.startsWith("-") ? red(line) : line.startsWith("+") ? green(line) : line}`)
    }
  }
  for (const line of sql?.split("\n") ?? []) output.line(dim(`        ${line}`))
}

function printAdvice({ advice, notMeasured }: AssetAdvice, output: Output): void {
  const { dim, cyan } = output.colors
  for (const { rule, what, fix } of advice) output.line(`      ${cyan(rule)}: ${what}; fix: ${fix}`)
  if (notMeasured.length > 0) output.line(dim(`      not measured: ${notMeasured.join(", ")}`))
}
