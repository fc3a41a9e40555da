import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { duckdbPrelude } from "../../../packages/dataframe/src/sql/compile-sql.ts"
import type { Golden, GoldenCase, GoldenTable } from "../../parity/golden/golden-file.ts"
import { allowed, type LimitClass, limitClass } from "./cost-limit.ts"
import { type FormCost, formCost } from "./form-cost.ts"
import { type KeptRows, keptRows } from "./kept-rows.ts"
import { emptySql, forced, type MeasuredCase, measuredCases, naiveSql, printedSql } from "./measured-case.ts"
import { createSamples, repeatRows } from "./sample-rows.ts"

/** What was measured of a case. */
export interface Measurement {
  readonly measured: MeasuredCase
  readonly limit: LimitClass
  readonly cost: FormCost
  /** Nanoseconds a value that the form may cost. */
  readonly allowed: number
  readonly holds: boolean
  /** How many different rows were repeated. */
  readonly distinct: number
}

export interface NotMeasured {
  readonly measured: MeasuredCase
  readonly why: string
}

export type Measured = Measurement | NotMeasured

/** Measures the cases, one after the other, those of an input table together. */
export async function* measureFunctions(
  golden: Golden,
  { rows, wanted }: { readonly rows: number; readonly wanted: (c: GoldenCase) => boolean },
): AsyncGenerator<Measured> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  const connection = await instance.connect()
  try {
    for (const statement of duckdbPrelude) await connection.run(statement)
    await connection.run("SET TimeZone = 'UTC'")
    for (const [name, table] of Object.entries(golden.tables)) {
      const cases = golden.cases.filter(c => c.table === name && wanted(c)).flatMap(c => measuredCases(c, table))
      if (cases.length > 0) yield* measureTable(connection, name, table, { cases, rows })
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function* measureTable(
  connection: DuckDBConnection,
  name: string,
  table: GoldenTable,
  { cases, rows }: { readonly cases: readonly MeasuredCase[]; readonly rows: number },
): AsyncGenerator<Measured> {
  const { everyday, others } = await createSamples(connection, name, table)
  const columns = table.columns.map(c => c.name)
  const filled = new Map<number, string>()
  const fill = async (kept: KeptRows, count: number): Promise<string> => {
    const into = `measured_${count}_rows`
    const what = `${kept.sample.name} ${kept.keys?.join(" ") ?? "all"}`
    if (filled.get(count) !== what) await repeatRows(connection, into, columns, { ...kept, rows: count })
    filled.set(count, what)
    return into
  }
  for (const measured of cases) {
    await connection.run(`SET TimeZone = '${measured.case.timeZone}'`)
    const kept = await keptRows(connection, measured, [everyday, others])
    if (kept) yield await measure({ connection, measured, kept, rows, fill })
    else yield { measured, why: "the form raises on each row" }
  }
}

interface Measuring {
  readonly connection: DuckDBConnection
  readonly measured: MeasuredCase
  readonly kept: KeptRows
  readonly rows: number
  readonly fill: (kept: KeptRows, rows: number) => Promise<string>
}

/** Beside so much a value, what a query costs whatever its rows is little. */
const dearNanoseconds = 2000

/** An eighth of the rows is enough for a form of a row that is far within its limit there, or so dear that it is over. */
async function measure(measuring: Measuring): Promise<Measured> {
  const { measured, kept, rows } = measuring
  const limit = limitClass(measured)
  try {
    const few = measured.case.kind === "row" ? await costOf(measuring, Math.ceil(rows / 8), () => false) : undefined
    const isPlain = few && (few.ours < 0.5 * allowed(limit, few) || few.ours > dearNanoseconds)
    const isClose = (cost: FormCost) => cost.ours > 0.7 * allowed(limit, cost) && cost.ours < 1.5 * allowed(limit, cost)
    const cost = isPlain ? few : await costOf(measuring, rows, isClose)
    const most = allowed(limit, cost)
    const distinct = kept.keys?.length ?? kept.sample.rows
    return { measured, limit, cost, allowed: most, holds: cost.ours <= most, distinct }
  } catch (error) {
    return { measured, why: error instanceof Error ? error.message : String(error) }
  }
}

async function costOf(
  { connection, measured, kept, fill }: Measuring,
  rows: number,
  isClose: (cost: FormCost) => boolean,
): Promise<FormCost> {
  const from = await fill(kept, rows)
  const queries = {
    empty: forced(emptySql(measured, from)),
    naive: kept.withoutNaive ? undefined : forced(naiveSql(measured, from)),
    ours: forced(printedSql(measured, from)),
  }
  return formCost(connection, queries, { rows, isClose })
}
