import {
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
  options: PlanFlags & { readonly sql?: boolean },
): Promise<void> {
  const startedAt = performance.now()
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const made = await plan(project.definitions, planRequest(selection, options))
  const sql = options.sql ? await statements(project, made, options) : undefined
  printPlan(made, new Output(options), performance.now() - startedAt, sql)
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
  sql?: ReadonlyMap<string, string | undefined>,
): void {
  printWarnings(made, output)
  if (output.json) {
    for (const step of explainPlanAsJson(made).steps)
      output.object(sql ? { ...step, sql: sql.get(step.id) ?? null } : step)
    return
  }
  const { green, dim, yellow, red } = output.colors
  const colour = { run: green, skip: dim, maybe: yellow }
  for (const step of made.steps) {
    if (output.quiet) break
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
    for (const line of sql?.get(step.id)?.split("\n") ?? []) output.line(dim(`        ${line}`))
  }
  const count = (decision: string) => made.steps.filter(step => step.decision === decision).length
  output.line(
    `Done. run=${count("run")} maybe=${count("maybe")} skip=${count("skip")} in ${formatDuration(durationMs)}`,
  )
}
