import { type CheckPlan, ruleOf } from "./check-rule.ts"
import { FrameError } from "./errors/frame-error.ts"
import { fetchRows, type PlainValue as Json, plainValue } from "./fetch-rows.ts"
import { aggregate } from "./plan/aggregate.ts"
import { crossJoin } from "./plan/join.ts"
import { literalOf } from "./plan/literal.ts"
import type { Relation } from "./plan/relation.ts"
import { limit } from "./plan/select-rows.ts"
import type { EngineSession } from "./session/engine-session.ts"

interface AnyCheck {
  readonly name: string
  readonly severity?: "warn" | "error"
  readonly blocking?: boolean
}

/** What a check found. One of core's check results. */
export interface CheckOutcome {
  readonly name: string
  readonly severity: "warn" | "error"
  readonly blocking: boolean
  readonly passed: boolean
  /** Rows that break the rule, where the check counts rows. */
  readonly badRows?: number
  /** Up to ten of them. */
  readonly samples?: readonly Json[]
  readonly message?: string
}

const SAMPLES = 10

/**
 * Evaluates all checks in one aggregate query over the table; for a check that fails, a second one brings samples.
 * @throws FrameError for a check that does not fit the table
 */
export async function evaluateChecks(
  checks: readonly AnyCheck[],
  table: Relation,
  session: EngineSession,
  signal: AbortSignal,
): Promise<readonly CheckOutcome[]> {
  const now = new Date()
  const planned = checks.map(check => ({ check, plan: planOf(check, table, now) }))
  const values = await measured(
    planned.map(({ plan }) => plan),
    table,
    session,
    signal,
  )
  const outcomes: CheckOutcome[] = []
  for (const [i, { check, plan }] of planned.entries()) {
    const verdict = plan.judge(values[i] ?? [])
    const samples = verdict.passed ? undefined : await sampled(plan, session, signal)
    const { name, severity = "error", blocking = severity === "error" } = check
    outcomes.push({ name, severity, blocking, ...verdict, ...(samples ? { samples } : {}) })
  }
  return outcomes
}

function planOf(check: AnyCheck, table: Relation, now: Date): CheckPlan {
  const rule = ruleOf(check)
  if (rule) return rule(table, now)
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `'${check.name}' is not a check of tables.`,
    why: "Checks of a frame are made by the functions of @assets/dataframe/checks.",
    fix: "Use notNull, unique, accepted, range, rowCount, freshWithin, matches, schemaContains or check.",
  })
}

/** The values that each check asked for, all from one query. */
async function measured(
  plans: readonly CheckPlan[],
  table: Relation,
  session: EngineSession,
  signal: AbortSignal,
): Promise<readonly (readonly unknown[])[]> {
  const names = plans.map((plan, i) => [
    ...plan.aggregates.map((_, j) => `check_${i}_${j}`),
    ...(plan.badRows ? [`check_${i}_rows`] : []),
  ])
  const computed = plans.flatMap((plan, i) =>
    plan.aggregates.map((unresolved, j) => ({ name: `check_${i}_${j}`, unresolved })),
  )
  const parts = [
    ...(computed.length > 0 ? [aggregate(table, [], computed)] : []),
    ...plans.flatMap((plan, i) => (plan.badRows ? [counted(plan.badRows, `check_${i}_rows`)] : [])),
  ]
  const [first, ...rest] = parts
  if (!first) return plans.map(() => [])
  const [row] = await fetchRows(rest.reduce(crossJoin, first), session, signal)
  return names.map(list => list.map(name => row?.[name]))
}

function counted(relation: Relation, name: string): Relation {
  return aggregate(relation, [], [{ name, unresolved: { kind: "call", name: "count", args: [literalOf(1)] } }])
}

async function sampled(
  plan: CheckPlan,
  session: EngineSession,
  signal: AbortSignal,
): Promise<readonly Json[] | undefined> {
  if (!plan.samples) return undefined
  const rows = await fetchRows(limit(plan.samples(), SAMPLES), session, signal)
  return rows.map(row => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)])))
}
