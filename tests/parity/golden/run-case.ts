import type { DuckDBConnection } from "@duckdb/node-api"
import { FrameError } from "../../../packages/dataframe/src/errors/frame-error.ts"
import { bindPlan } from "../../../packages/dataframe/src/plan/bind-plan.ts"
import type { Expression } from "../../../packages/dataframe/src/plan/expression.ts"
import { parseExpression } from "../../../packages/dataframe/src/plan/parse-expression.ts"
import type { Relation } from "../../../packages/dataframe/src/plan/relation.ts"
import { resolveExpression } from "../../../packages/dataframe/src/plan/resolve-expression.ts"
import type { Column, DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import { parseDataType } from "../../../packages/dataframe/src/schema/parse-data-type.ts"
import { typeName } from "../../../packages/dataframe/src/schema/type-name.ts"
import { compileDuckdb } from "../../../packages/dataframe/src/sql/compile-sql.ts"
import type { Golden, GoldenCase, GoldenTable } from "./golden-file.ts"
import { goldenValue, sameValue } from "./golden-value.ts"

/** `open` is what must become `passed`; `not yet` names a function that the table lacks. */
export type Outcome =
  | { readonly kind: "passed" | "refused" }
  | { readonly kind: "not yet"; readonly name: string }
  | { readonly kind: "open"; readonly why: string }

const int: DataType = { kind: "int32" }
const now = { value: "2024-06-01T12:00:00Z", type: { kind: "timestamp" } as const }

/** Takes a case from its Spark text through the plan and the printer to DuckDB, and compares with what Spark gave. */
export async function runCase(connection: DuckDBConnection, golden: Golden, c: GoldenCase): Promise<Outcome> {
  const table = golden.tables[c.table]
  if (!table) return { kind: "open", why: `no table ${c.table}` }
  const columns: Column[] = [
    { name: "key", type: int },
    ...table.columns.map(col => ({ name: col.name, type: parseDataType(col.type) })),
  ]
  let expression: Expression
  try {
    expression = resolveExpression(parseExpression(c.sparkSql), { columns })
    compileDuckdb(planOf(c, table, columns, expression))
  } catch (error) {
    return refusal(error, c)
  }
  if (c.verdict === "refused") return { kind: "open", why: "Spark refuses it, and it was not refused" }
  const type = typeName(expression.type)
  const wanted = c.sparkType.startsWith("interval") ? type : c.sparkType
  if (type !== wanted) return { kind: "open", why: `type ${type}, not ${wanted}` }
  return compareRows(connection, c, table, columns, expression)
}

function refusal(error: unknown, c: GoldenCase): Outcome {
  if (!(error instanceof FrameError)) throw error
  if (error.code === "FRAME_FUNCTION_UNKNOWN") return { kind: "not yet", name: String(error.details.function) }
  if (c.verdict === "refused" || (c.verdict === "impossible" && error.code === "FRAME_UNSUPPORTED"))
    return { kind: "refused" }
  return { kind: "open", why: `${error.code}: ${error.message} ${error.why}` }
}

function planOf(
  c: GoldenCase,
  table: GoldenTable,
  columns: readonly Column[],
  expression: Expression,
  keys?: readonly number[],
): Relation {
  const by = c.kind === "group" ? (table.groupColumn ?? "g") : "key"
  const schema = {
    columns: [
      { name: "by", type: int },
      { name: "answer", type: expression.type },
    ],
  }
  const source: Relation = { kind: "table", path: [c.table], schema: { columns } }
  const key: Expression = { kind: "column", name: by, type: int }
  const input: Relation = keys
    ? { kind: "filter", input: source, condition: memberOf(key, keys), schema: { columns } }
    : source
  const named = { name: "by", expression: key }
  const answer = { name: "answer", expression }
  const plan: Relation =
    c.kind === "group"
      ? { kind: "aggregate", input, keys: [named], aggregates: [answer], schema }
      : { kind: "project", input, columns: [named, answer], schema }
  return bindPlan(plan, { inputs: new Map(), parameters: new Map([["run.now", now]]) })
}

function memberOf(key: Expression, keys: readonly number[]): Expression {
  const literals = keys.map((value): Expression => ({ kind: "literal", value, type: int }))
  return { kind: "call", name: "in", args: [key, ...literals], type: { kind: "boolean" } }
}

async function compareRows(
  connection: DuckDBConnection,
  c: GoldenCase,
  table: GoldenTable,
  columns: readonly Column[],
  expression: Expression,
): Promise<Outcome> {
  await connection.run(`SET TimeZone = '${c.timeZone}'`)
  const rows = c.rows.filter(r => r.reproducible !== false)
  const plain = rows.filter(r => "value" in r.spark)
  const sqlFor = (keys?: readonly number[]) => compileDuckdb(planOf(c, table, columns, expression, keys)).sql
  try {
    // A window needs all rows of its groups; other rows that raise are run alone.
    const sql = sqlFor(c.kind === "window" || plain.length === 0 ? undefined : plain.map(r => r.key))
    const result = await connection.runAndReadAll(plain.length === 0 ? `${sql} LIMIT 0` : sql)
    const type = result.columnTypes()[1]?.toString().replace(/[ "]/g, "")
    const isVoid = c.sparkType === "void"
    if (!isVoid && type !== c.duckdbType.replace(/ /g, ""))
      return { kind: "open", why: `DuckDB type ${type}, not ${c.duckdbType}` }
    const answers = new Map(result.getRows().map(([key, value]) => [Number(key), value ?? null]))
    for (const row of plain) {
      if (!("value" in row.spark)) continue
      const answer = goldenValue(answers.get(row.key) ?? null, expression.type)
      if (answers.has(row.key) && sameValue(answer, row.spark.value, c)) continue
      return {
        kind: "open",
        why: `key ${row.key}: ${JSON.stringify(answer)}, not ${JSON.stringify(row.spark.value)} in ${sql}`,
      }
    }
    for (const row of rows) {
      if (!("error" in row.spark)) continue
      const given = await connection.runAndReadAll(sqlFor([row.key])).then(r => r.getRows(), raised)
      if (typeof given !== "string") {
        return {
          kind: "open",
          why: `key ${row.key}: ${String(given[0]?.[1])}, but Spark raises ${row.spark.error} in ${sqlFor([row.key])}`,
        }
      }
    }
  } catch (error) {
    return { kind: "open", why: `${raised(error)} in ${sqlFor()}` }
  }
  return { kind: "passed" }
}

function raised(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
