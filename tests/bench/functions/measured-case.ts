import type { Expression } from "../../../packages/dataframe/src/plan/expression.ts"
import { childrenOf } from "../../../packages/dataframe/src/plan/walk-expression.ts"
import type { Column } from "../../../packages/dataframe/src/schema/data-type.ts"
import { typeName } from "../../../packages/dataframe/src/schema/type-name.ts"
import { compileDuckdb } from "../../../packages/dataframe/src/sql/compile-sql.ts"
import { type CasePlan, casePlan } from "../../parity/golden/case-plan.ts"
import type { GoldenCase, GoldenTable } from "../../parity/golden/golden-file.ts"

/** A case of the golden file with its two forms. An aggregate is measured for all rows at once and by group. */
export interface MeasuredCase {
  readonly case: GoldenCase
  readonly plan: CasePlan
  /** The columns that the expression reads. */
  readonly inputs: readonly Column[]
  readonly each: "row" | "group" | "all"
}

/** The cases that DuckDB answers; an aggregate twice. */
export function measuredCases(c: GoldenCase, table: GoldenTable): readonly MeasuredCase[] {
  if (c.verdict === "refused" || c.verdict === "impossible") return []
  const plan = casePlan(table, c)
  const inputs = plan.columns.filter(({ name }) => reads(plan.expression, name))
  const each = c.kind === "group" ? (["all", "group"] as const) : (["row"] as const)
  return each.map(each => ({ case: c, plan, inputs, each }))
}

function reads(e: Expression, name: string): boolean {
  return (e.kind === "column" && e.name === name) || childrenOf(e).some(child => reads(child, name))
}

export function inputTypes({ inputs }: MeasuredCase): readonly string[] {
  return inputs.map(({ type }) => typeName(type))
}

/** The product's SQL for a case over the table `from`: a `SELECT` with the column `answer`. */
export function printedSql({ plan, each }: MeasuredCase, from: string): string {
  return compileDuckdb(plan.over([from], each)).sql
}

/** The same with what one would write at first. */
export function naiveSql({ case: c, each }: MeasuredCase, from: string): string {
  return `SELECT ${c.duckdbNaive} AS "answer" FROM "${from}"${each === "group" ? ' GROUP BY "g"' : ""}`
}

/** What reads a column and answers it as it is: what is left of a query when the form costs nothing. */
export function emptySql({ plan, inputs, each }: MeasuredCase, from: string): string {
  if (each === "all") return `SELECT bit_xor("key") AS "answer" FROM "${from}"`
  if (each === "group") return `SELECT bit_xor("key") AS "answer" FROM "${from}" GROUP BY "g"`
  const same = inputs.find(({ type }) => typeName(type) === typeName(plan.type))
  return `SELECT "${same?.name ?? "key"}" AS "answer" FROM "${from}"`
}

/** A query that needs each answer and gives one value, so that DuckDB can leave nothing out. */
export function forced(sql: string): string {
  return `SELECT bit_xor(hash("answer")) FROM (${sql})`
}
