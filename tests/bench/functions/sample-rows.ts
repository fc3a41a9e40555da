import type { DuckDBConnection } from "@duckdb/node-api"
import { parseDataType } from "../../../packages/dataframe/src/schema/parse-data-type.ts"
import type { GoldenTable, GoldenValue } from "../../parity/golden/golden-file.ts"
import { inputSql } from "../../parity/golden/golden-tables.ts"
import { columnValue } from "./column-values.ts"
import { isEveryday } from "./everyday-rows.ts"
import { randomOf, randomValue } from "./random-values.ts"

const seed = 20_240_601
const randomRows = 4096

/** The distinct rows of an input table, in the table `name`: those of the golden file and random ones. */
export interface Sample {
  readonly name: string
  readonly rows: number
}

type Row = readonly GoldenValue[]

/**
 * Makes the rows that the cases of a table are measured on: the golden rows of everyday values, and random ones.
 * The golden rows that are not everyday go into a sample of their own, for cases that have no other.
 */
export async function createSamples(
  connection: DuckDBConnection,
  name: string,
  table: GoldenTable,
): Promise<{ readonly everyday: Sample; readonly others: Sample }> {
  const types = table.columns.map(c => parseDataType(c.type))
  const everyday = (row: Row) => types.every((type, i) => isEveryday(row[i] ?? null, type))
  const golden = table.rows.map(({ values }) => values)
  const random = randomOf(seed)
  const randomRow = () =>
    table.columns.map((c, i) => columnValue(name, c.name, random) ?? randomValue(types[i] ?? { kind: "void" }, random))
  const made = Array.from({ length: randomRows }, randomRow)
  return {
    everyday: await createSample(connection, `${name}_everyday`, table, [...golden.filter(everyday), ...made]),
    others: await createSample(
      connection,
      `${name}_others`,
      table,
      golden.filter(row => !everyday(row)),
    ),
  }
}

async function createSample(
  connection: DuckDBConnection,
  name: string,
  table: GoldenTable,
  rows: readonly Row[],
): Promise<Sample> {
  const columns = table.columns.map(c => `"${c.name}" ${c.duckdbType}`)
  await connection.run(`CREATE OR REPLACE TABLE "${name}" ("key" INTEGER, ${columns.join(", ")})`)
  const types = table.columns.map(c => parseDataType(c.type))
  const texts = rows.map(
    (row, key) => `(${[String(key), ...types.map((type, i) => inputSql(row[i] ?? null, type))].join(", ")})`,
  )
  if (texts.length > 0) await connection.run(`INSERT INTO "${name}" VALUES ${texts.join(", ")}`)
  return { name, rows: rows.length }
}

/** How many groups the rows of an aggregate have. */
const groups = 1000
const blockRows = 16_384

/** The rows of a sample, repeated in mixed order. */
export interface RepeatedRows {
  readonly sample: Sample
  /** The rows of the sample that are repeated; all without it. */
  readonly keys?: readonly number[]
  readonly rows: number
}

/**
 * Fills the table `name` with rows of a sample in mixed order. Groups and orders are dealt out anew, so that each group
 * has many different rows and an order without ties.
 */
export async function repeatRows(
  connection: DuckDBConnection,
  name: string,
  columns: readonly string[],
  { sample, keys, rows }: RepeatedRows,
): Promise<void> {
  const kept = keys ? `WHERE "key" IN (${keys.join(", ")})` : ""
  const distinct = keys?.length ?? sample.rows
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE mixed AS
    SELECT kept.*, r.i AS place
    FROM (SELECT range AS i, hash(range) % ${distinct} AS n FROM range(${blockRows})) r
    JOIN (SELECT *, row_number() OVER (ORDER BY "key") - 1 AS n FROM "${sample.name}" ${kept}) kept ON kept.n = r.n
    ORDER BY r.i`)
  await connection.run(`
    CREATE OR REPLACE TABLE "${name}" AS
    SELECT ${["key", ...columns].map(repeatedColumn).join(", ")}
    FROM (SELECT mixed.*, place + b.range * ${blockRows} AS i FROM range(${Math.ceil(rows / blockRows)}) b, mixed)
    LIMIT ${rows}`)
}

function repeatedColumn(name: string): string {
  if (name === "g") return `CAST(hash(i) % ${groups} AS INTEGER) AS "g"`
  return name === "o" ? `CAST(i AS INTEGER) AS "o"` : `"${name}"`
}
