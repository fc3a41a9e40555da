import type { DuckDBConnection } from "@duckdb/node-api"
import { identifier } from "../../../packages/dataframe/src/function/sql-fragment.ts"
import { printExpression } from "../../../packages/dataframe/src/sql/print-expression.ts"
import { forced, type MeasuredCase, naiveSql, printedSql } from "./measured-case.ts"
import type { Sample } from "./sample-rows.ts"

/** The rows that a case is measured on: all of a sample when there are no keys. */
export interface KeptRows {
  readonly sample: Sample
  readonly keys?: readonly number[]
  /** The naive form raises on each row, or is none: only ours is measured. */
  readonly withoutNaive?: boolean
}

/** The rows on which neither form raises; else those on which ours does not; or nothing when there is none. */
export async function keptRows(
  connection: DuckDBConnection,
  measured: MeasuredCase,
  samples: readonly Sample[],
): Promise<KeptRows | undefined> {
  const ours: Form = {
    query: from => printedSql(measured, from),
    expression: () => printExpression(measured.plan.expression, ({ name }) => identifier(name)).text,
  }
  const naive: Form = { query: from => naiveSql(measured, from), expression: () => measured.case.duckdbNaive }
  const [everyday] = samples
  for (const sample of samples) {
    const kept = await rowsThatPass(connection, measured, sample, [ours, naive])
    if (kept) return kept
  }
  const kept = everyday && (await rowsThatPass(connection, measured, everyday, [ours]))
  return kept && { ...kept, withoutNaive: true }
}

interface Form {
  readonly query: (from: string) => string
  readonly expression: () => string
}

async function rowsThatPass(
  connection: DuckDBConnection,
  { case: { kind } }: MeasuredCase,
  sample: Sample,
  forms: readonly Form[],
): Promise<KeptRows | undefined> {
  if (sample.rows === 0) return undefined
  if (await runs(connection, forms, sample)) return { sample }
  if (kind !== "row") return undefined // whether a group raises is no matter of one row
  const keys = await keysThatPass(connection, forms, sample)
  return keys.length > 0 ? { sample, keys } : undefined
}

async function runs(connection: DuckDBConnection, forms: readonly Form[], { name }: Sample): Promise<boolean> {
  try {
    for (const { query } of forms) await connection.run(forced(query(name)))
    return true
  } catch {
    return false
  }
}

/** The hash keeps DuckDB from answering by statistics that no value is null. Rows that all answer NULL tell nothing. */
async function keysThatPass(
  connection: DuckDBConnection,
  forms: readonly Form[],
  { name }: Sample,
): Promise<readonly number[]> {
  const expressions = forms.map(({ expression }) => `(${expression()})`)
  const answers = expressions.map(e => `TRY(hash(${e} IS NOT NULL)) = hash(true)`).join(" OR ")
  const passes = expressions.map(e => `TRY(hash(${e})) IS NOT NULL`).join(" AND ")
  try {
    const result = await connection.runAndReadAll(`SELECT "key", ${answers} FROM "${name}" WHERE ${passes}`)
    const rows = result.getRows()
    return rows.some(([, answer]) => answer === true) ? rows.map(([key]) => Number(key)) : []
  } catch {
    return []
  }
}
