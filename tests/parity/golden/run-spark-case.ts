import type { EngineSession } from "@assets/core"
import type { Relation } from "@assets/dataframe"
import type { RecordBatch } from "apache-arrow"
import { FrameError } from "../../../packages/dataframe/src/errors/frame-error.ts"
import type { DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import { rowsOf } from "../../../packages/dataframe/src/session/row-reader.ts"
import { type CasePlan, casePlan, plainRelation, plainRows } from "./case-plan.ts"
import type { Golden, GoldenCase, GoldenValue } from "./golden-file.ts"
import { sameValue } from "./golden-value.ts"
import { overFiles } from "./spark-tables.ts"

export type SparkOutcome = { readonly kind: "passed" | "refused" } | { readonly kind: "open"; readonly why: string }

export interface SparkTables {
  readonly session: EngineSession
  readonly files: ReadonlyMap<string, Relation>
}

/** Takes a case from its Spark text through the plan and the printer back to a running Spark. */
export async function runSparkCase(spark: SparkTables, golden: Golden, c: GoldenCase): Promise<SparkOutcome> {
  const table = golden.tables[c.table]
  if (!table) return { kind: "open", why: `no table ${c.table}` }
  let plan: CasePlan
  try {
    plan = casePlan(table, c)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    const isExpected = c.verdict === "refused" || c.verdict === "impossible"
    return isExpected ? { kind: "refused" } : { kind: "open", why: `${error.code}: ${error.message}` }
  }
  try {
    const answers = await answersOf(spark, plainRelation(plan, c), plan.type)
    for (const { key, spark: wanted } of plainRows(c)) {
      if (!("value" in wanted)) continue
      const answer = answers.get(key)
      if (answer !== undefined && sameValue(answer, wanted.value, c)) continue
      return { kind: "open", why: `key ${key}: ${JSON.stringify(answer)}, not ${JSON.stringify(wanted.value)}` }
    }
  } catch (error) {
    return { kind: "open", why: String(error instanceof Error && "why" in error ? error.why : error) }
  }
  return raisesOf(spark, plan, c)
}

/** Each row for which Spark raised, by itself. */
async function raisesOf(spark: SparkTables, plan: CasePlan, c: GoldenCase): Promise<SparkOutcome> {
  for (const { key, spark: wanted, reproducible } of c.rows) {
    if (reproducible === false || !("error" in wanted)) continue
    const given = await answersOf(spark, plan.relation([key]), plan.type).then(
      rows => `gave ${JSON.stringify([...rows.values()])}`,
      error => String(error?.details?.condition ?? error),
    )
    if (!given.startsWith(wanted.error)) return { kind: "open", why: `key ${key}: ${given}, not ${wanted.error}` }
  }
  return { kind: "passed" }
}

async function answersOf(
  { session, files }: SparkTables,
  plan: Relation,
  type: DataType,
): Promise<ReadonlyMap<number, GoldenValue>> {
  const relation = overFiles(plan, files)
  const answers = new Map<number, GoldenValue>()
  // an engine's batches are Arrow's; core calls them opaque
  for await (const batch of session.batches(relation, new AbortController().signal) as AsyncIterable<RecordBatch>) {
    for (const row of rowsOf(batch, relation.schema)) answers.set(Number(row.by), written(row.answer ?? null, type))
  }
  return answers
}

/** A value of a row as the golden file writes it. */
export function written(value: unknown, type: DataType): GoldenValue {
  if (value === null) return null
  switch (type.kind) {
    case "float32":
    case "float64": {
      const number = Number(value)
      if (Object.is(number, -0)) return "-0.0"
      return Number.isFinite(number) ? number : String(number)
    }
    case "boolean":
      return value === true
    case "int8":
    case "int16":
    case "int32":
      return Number(value)
    case "binary":
      return Buffer.from(value as Uint8Array)
        .toString("hex")
        .toUpperCase()
    case "day_time_interval":
      return { interval_us: String(value) }
    case "array":
      return (value as readonly unknown[]).map(one => written(one, type.element))
    case "map":
      return {
        map: [...(value as Map<unknown, unknown>)].map(([k, v]) => [written(k, type.key), written(v, type.value)]),
      }
    case "struct": {
      const fields = value as { readonly [name: string]: unknown }
      return { struct: type.fields.map(field => [field.name, written(fields[field.name] ?? null, field.type)]) }
    }
    default:
      return String(value)
  }
}
