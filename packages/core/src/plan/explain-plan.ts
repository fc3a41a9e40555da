import type { ExecutionPlan, PlanStep, Reason } from "./execution-plan.ts"

export interface ExplainOptions {
  /** True: also the steps that are skipped. Default: they are counted. */
  readonly all?: boolean
}

/** A plan as JSON: its steps without the plans' texts. */
export interface ExplainedPlan {
  readonly environment: string
  readonly selection: string
  readonly now: string
  readonly counts: { readonly run: number; readonly maybe: number; readonly skip: number }
  readonly steps: readonly (Omit<PlanStep, "upstream" | "priority"> & { readonly why: string })[]
  readonly warnings: ExecutionPlan["warnings"]
}

const words = { run: "run  ", maybe: "maybe", skip: "skip " } as const

/** Returns a plan as lines of text: what runs and why, what hangs on what, how much is skipped. */
export function explainPlan(plan: ExecutionPlan, { all = false }: ExplainOptions = {}): string {
  const lines: string[] = []
  for (const { id, decision, reasons } of plan.steps) {
    if (decision === "skip" && !all) continue
    lines.push(`${words[decision]}  ${id}  ${explainReasons(reasons)}`)
    for (const reason of reasons) {
      if (reason.kind === "code_changed") for (const line of reason.diff ?? []) lines.push(`         ${line}`)
    }
  }
  for (const { message } of plan.warnings) lines.push(`warning: ${message}`)
  const { run, maybe, skip } = countDecisions(plan)
  const parts = [`${run} to run`, ...(maybe > 0 ? [`${maybe} undecided`] : []), `${skip} to skip`]
  lines.push(`${parts.join(", ")} in '${plan.environment}'.`)
  return lines.join("\n")
}

/** Returns a plan as `--json` prints it. */
export function explainPlanAsJson(plan: ExecutionPlan): ExplainedPlan {
  const { environment, selection, now, warnings } = plan
  const steps = plan.steps.map(({ upstream: _upstream, priority: _priority, ...step }) => {
    return { ...step, why: explainReasons(step.reasons) }
  })
  return { environment, selection, now, counts: countDecisions(plan), steps, warnings }
}

/** Returns reasons as a phrase: `code changed; inputs changed: raw/orders`. */
export function explainReasons(reasons: readonly Reason[]): string {
  return reasons.map(explainReason).join("; ")
}

function explainReason(reason: Reason): string {
  switch (reason.kind) {
    case "never_materialized":
      return "never materialized"
    case "code_changed":
      return "code changed"
    case "input_changed":
      return `${reason.inputs.length === 1 ? "input" : "inputs"} changed: ${listed(reason.inputs)}`
    case "partition_missing":
      return "partition missing"
    case "volatile":
      return "always runs"
    case "code_unknown":
      return "code version unknown"
    case "forced":
      return "forced"
    case "failed_before":
      return `failed before, in run ${reason.runId}`
    case "data_missing":
      return "data missing"
    case "unchanged":
      return "unchanged"
    case "reused":
      return `reused from ${reason.from}`
    case "upstream_undecided":
      return `hangs on what ${listed(reason.on)} ${reason.on.length === 1 ? "gives" : "give"}`
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5)
  return names.length > shown.length ? `${shown.join(", ")} and ${names.length - shown.length} more` : shown.join(", ")
}

function countDecisions({ steps }: ExecutionPlan): ExplainedPlan["counts"] {
  const counts = { run: 0, maybe: 0, skip: 0 }
  for (const { decision } of steps) counts[decision]++
  return counts
}
