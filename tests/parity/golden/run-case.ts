import type { DuckDBConnection } from "@duckdb/node-api"
import { FrameError } from "../../../packages/dataframe/src/errors/frame-error.ts"
import { typeName } from "../../../packages/dataframe/src/schema/type-name.ts"
import { compileDuckdb } from "../../../packages/dataframe/src/sql/compile-sql.ts"
import { type CasePlan, casePlan, plainRelation, plainRows } from "./case-plan.ts"
import type { Golden, GoldenCase } from "./golden-file.ts"
import { goldenValue, sameValue } from "./golden-value.ts"

/** `open` is what must become `passed`; `not yet` names a function that the table lacks. */
export type Outcome =
  | { readonly kind: "passed" | "refused" }
  | { readonly kind: "not yet"; readonly name: string }
  | { readonly kind: "open"; readonly why: string }

/** Takes a case from its Spark text through the plan and the printer to DuckDB, and compares with what Spark gave. */
export async function runCase(connection: DuckDBConnection, golden: Golden, c: GoldenCase): Promise<Outcome> {
  const table = golden.tables[c.table]
  if (!table) return { kind: "open", why: `no table ${c.table}` }
  let plan: CasePlan
  try {
    plan = casePlan(table, c)
    compileDuckdb(plan.relation())
  } catch (error) {
    return refusal(error, c)
  }
  if (c.verdict === "refused") return { kind: "open", why: "Spark refuses it, and it was not refused" }
  const type = typeName(plan.type)
  const wanted = c.sparkType.startsWith("interval") ? type : c.sparkType
  if (type !== wanted) return { kind: "open", why: `type ${type}, not ${wanted}` }
  return compareRows(connection, c, plan)
}

function refusal(error: unknown, c: GoldenCase): Outcome {
  if (!(error instanceof FrameError)) throw error
  if (error.code === "FRAME_FUNCTION_UNKNOWN") return { kind: "not yet", name: String(error.details.function) }
  if (c.verdict === "refused" || (c.verdict === "impossible" && error.code === "FRAME_UNSUPPORTED"))
    return { kind: "refused" }
  return { kind: "open", why: `${error.code}: ${error.message} ${error.why}` }
}

async function compareRows(connection: DuckDBConnection, c: GoldenCase, plan: CasePlan): Promise<Outcome> {
  await connection.run(`SET TimeZone = '${c.timeZone}'`)
  const rows = c.rows.filter(r => r.reproducible !== false)
  const sqlFor = (keys: readonly number[]) => compileDuckdb(plan.relation(keys)).sql
  const { sql } = compileDuckdb(plainRelation(plan, c))
  try {
    const result = await connection.runAndReadAll(sql)
    const type = result.columnTypes()[1]?.toString().replace(/[ "]/g, "")
    const isVoid = c.sparkType === "void"
    if (!isVoid && type !== c.duckdbType.replace(/ /g, ""))
      return { kind: "open", why: `DuckDB type ${type}, not ${c.duckdbType}` }
    const answers = new Map(result.getRows().map(([key, value]) => [Number(key), value ?? null]))
    for (const row of plainRows(c)) {
      if (!("value" in row.spark)) continue
      const answer = goldenValue(answers.get(row.key) ?? null, plan.type)
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
    return { kind: "open", why: `${raised(error)} in ${sql}` }
  }
  return { kind: "passed" }
}

function raised(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
