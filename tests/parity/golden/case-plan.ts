import { bindPlan } from "../../../packages/dataframe/src/plan/bind-plan.ts"
import type { Expression } from "../../../packages/dataframe/src/plan/expression.ts"
import { parseExpression } from "../../../packages/dataframe/src/plan/parse-expression.ts"
import type { Relation } from "../../../packages/dataframe/src/plan/relation.ts"
import { resolveExpression } from "../../../packages/dataframe/src/plan/resolve-expression.ts"
import { limit } from "../../../packages/dataframe/src/plan/select-rows.ts"
import type { Column, DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import { parseDataType } from "../../../packages/dataframe/src/schema/parse-data-type.ts"
import type { GoldenCase, GoldenTable } from "./golden-file.ts"

const int: DataType = { kind: "int32" }
const now = { value: "2024-06-01T12:00:00Z", type: { kind: "timestamp" } as const }

/** A case of the golden file as a plan. */
export interface CasePlan {
  readonly expression: Expression
  /** The type that the plan has for the answer. */
  readonly type: DataType
  /** The columns of the input table, after the key of the row. */
  readonly columns: readonly Column[]
  /** The answer for each row of the case's table, or for those with these keys: columns `by` and `answer`. */
  relation(keys?: readonly number[]): Relation
  /** The answer over a table like the case's: for each row, by group, or one for all rows without a column `by`. */
  over(path: readonly string[], each: "row" | "group" | "all", keys?: readonly number[]): Relation
}

/**
 * Takes a case from its Spark text to a plan.
 * @throws FrameError for what the plan refuses
 */
export function casePlan(table: GoldenTable, c: Pick<GoldenCase, "sparkSql" | "kind" | "table">): CasePlan {
  const columns: Column[] = [
    { name: "key", type: int },
    ...table.columns.map(({ name, type }) => ({ name, type: parseDataType(type) })),
  ]
  const expression = resolveExpression(parseExpression(c.sparkSql), { columns })
  const over: CasePlan["over"] = (path, each, keys) => {
    const by = each === "group" ? (table.groupColumn ?? "g") : "key"
    const key: Expression = { kind: "column", name: by, type: int }
    const source: Relation = { kind: "table", path, schema: { columns } }
    const input: Relation = keys
      ? { kind: "filter", input: source, condition: memberOf(key, keys), schema: { columns } }
      : source
    const named = each === "all" ? [] : [{ name: "by", expression: key }]
    const answer = { name: "answer", expression }
    const schema = { columns: [...named, answer].map(({ name, expression: { type } }) => ({ name, type })) }
    const plan: Relation =
      each === "row"
        ? { kind: "project", input, columns: [...named, answer], schema }
        : { kind: "aggregate", input, keys: named, aggregates: [answer], schema }
    return bindPlan(plan, { inputs: new Map(), parameters: new Map([["run.now", now]]) })
  }
  const relation: CasePlan["relation"] = keys => over([c.table], c.kind === "group" ? "group" : "row", keys)
  return { expression, type: expression.type, columns, relation, over }
}

/** The rows of a case that give a value in Spark, the same each time. */
export function plainRows(c: GoldenCase): GoldenCase["rows"] {
  return c.rows.filter(row => row.reproducible !== false && "value" in row.spark)
}

/** The answers for the plain rows alone. A window gives those for all rows, since it needs all of its groups. */
export function plainRelation(plan: CasePlan, c: GoldenCase): Relation {
  const keys = plainRows(c).map(row => row.key)
  if (keys.length === 0) return limit(plan.relation(), 0)
  return plan.relation(c.kind === "window" ? undefined : keys)
}

function memberOf(key: Expression, keys: readonly number[]): Expression {
  const literals = keys.map((value): Expression => ({ kind: "literal", value, type: int }))
  return { kind: "call", name: "in", args: [key, ...literals], type: { kind: "boolean" } }
}
