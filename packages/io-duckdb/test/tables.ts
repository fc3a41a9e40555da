import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession, OutputValue } from "@assets/core"
import type { DataType, Relation, Schema } from "@assets/dataframe"
import { onTestFinished } from "vitest"
import { duckdb } from "../src/duckdb-engine.ts"
import type { DuckdbOptions } from "../src/duckdb-options.ts"
import type { DuckdbSession } from "../src/duckdb-session.ts"

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "assets-duckdb-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function openSession(
  options: DuckdbOptions = {},
  scratch: string = temporaryFolder(),
): Promise<DuckdbSession> {
  const signal = new AbortController().signal
  const session: EngineSession = await duckdb(options).open({
    timeZone: "UTC",
    scratch,
    now: new Date("2024-01-01T00:00:00Z"),
    signal,
  })
  onTestFinished(() => session.close())
  return session as DuckdbSession
}

/** Runs SQL of the test's own in the instance of a session. */
export async function sql(session: DuckdbSession, text: string): Promise<Record<string, unknown>[]> {
  const connection = await session.instance.connect()
  try {
    return await (await connection.run(text)).getRowObjectsJson()
  } finally {
    connection.closeSync()
  }
}

export function schema(columns: { readonly [name: string]: DataType | DataType["kind"] }): Schema {
  return {
    columns: Object.entries(columns).map(([name, type]) => ({
      name,
      type: typeof type === "string" ? ({ kind: type } as DataType) : type, // kinds without parameters
    })),
  }
}

export function table(name: string, columns: Schema): Relation {
  return { kind: "table", path: ["memory", "main", name], schema: columns }
}

export function sorted(input: Relation, column: string): Relation {
  const type = input.schema.columns.find(c => c.name === column)?.type ?? { kind: "void" }
  const expression = { kind: "column", name: column, type } as const
  return { kind: "sort", input, keys: [{ expression, direction: "asc", nulls: "first" }], schema: input.schema }
}

export const options = { stepId: "step", signal: new AbortController().signal }

/** Columns of every type that can be stored, and rows with what is easily lost of each. */
export const allTypes = schema({
  b: "boolean",
  i8: "int8",
  i16: "int16",
  i32: "int32",
  i64: "int64",
  f32: "float32",
  f64: "float64",
  d4: { kind: "decimal", precision: 4, scale: 2 },
  d9: { kind: "decimal", precision: 9, scale: 0 },
  d18: { kind: "decimal", precision: 18, scale: 6 },
  d38: { kind: "decimal", precision: 38, scale: 10 },
  s: "string",
  bin: "binary",
  day: "date",
  ts: "timestamp",
  tsn: "timestamp_ntz",
  list: { kind: "array", element: { kind: "string" } },
  nested: { kind: "array", element: { kind: "array", element: { kind: "int32" } } },
  st: {
    kind: "struct",
    fields: [
      { name: "x", type: { kind: "float64" } },
      { name: "o'b \"q", type: { kind: "array", element: { kind: "decimal", precision: 10, scale: 3 } } },
    ],
  },
  m: {
    kind: "map",
    key: { kind: "string" },
    value: { kind: "struct", fields: [{ name: "z", type: { kind: "boolean" } }] },
  },
})

const types = `BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL(4,2), DECIMAL(9,0), DECIMAL(18,6), DECIMAL(38,10), VARCHAR, BLOB, DATE, TIMESTAMP WITH TIME ZONE, TIMESTAMP, VARCHAR[], INTEGER[][], STRUCT(x DOUBLE, "o'b ""q" DECIMAL(10,3)[]), MAP(VARCHAR, STRUCT(z BOOLEAN))`

export const allTypesRows = [
  `true, -128, -32768, -2147483648, -9223372036854775808, 'NaN', '-0.0', -99.99, -999999999, -123456789012.123456, -1234567890123456789012345678.0123456789, '', '', '0001-01-01', '1066-10-14 09:00:00.123456+00', '1066-10-14 09:00:00.123456', [], [], {'x': 'NaN', 'o''b "q': [1.5, NULL]}, MAP {}`,
  `false, 127, 32767, 2147483647, 9223372036854775807, '-inf', 'inf', 99.99, 999999999, 123456789012.123456, 9999999999999999999999999999.9999999999, 'twelve bytes', '\\x00\\xFF\\x27'::BLOB, '9999-12-31', '2024-03-31 01:30:00.000001+00', '2024-03-31 02:30:00.000001', ['a', NULL, 'a text of more than twelve bytes'], [[1, NULL], NULL, [], [2, 3]], {'x': -0.0, 'o''b "q': NULL}, MAP {'k': {'z': true}, 'a key of more than twelve bytes': NULL}`,
  Array(20).fill("NULL").join(", "),
  `true, 0, 0, 0, 0, 0.1, 1e-300, 0, 0, 0, 0, 'grüße, 世界 🎉 with more than twelve bytes', '\\xC3\\x28 not unicode, longer than twelve'::BLOB, '1969-12-31', '1969-12-31 23:59:59.999999+00', '1969-12-31 23:59:59.999999', [NULL], [NULL], {'x': NULL, 'o''b "q': []}, MAP {'': {'z': NULL}}`,
]

/** Creates the table `all_types`, its rows repeated and numbered by nothing: `repeat` times four of them. */
export async function createAllTypes(session: DuckdbSession, repeat = 1): Promise<Relation> {
  const names = allTypes.columns.map(c => `"${c.name}"`)
  const casts = types.match(/(?:[^,(]|\((?:[^()]|\([^()]*\))*\))+/g) ?? []
  const select = (values: string) =>
    `SELECT ${names.map((name, i) => `CAST(v[1].f${i} AS ${casts[i]}) AS ${name}`).join(", ")} FROM (SELECT [struct_pack(${splitValues(
      values,
    )
      .map((value, i) => `f${i} := ${value}`)
      .join(", ")})] AS v)`
  await sql(
    session,
    `CREATE TABLE memory.main.all_types AS SELECT r.* FROM (${allTypesRows.map(select).join(" UNION ALL ")}) r, range(${repeat})`,
  )
  return table("all_types", allTypes)
}

/** Splits at the commas that are in no bracket and no quotes. */
function splitValues(text: string): string[] {
  const values: string[] = []
  let depth = 0
  let quoted = false
  let value = ""
  for (const character of text) {
    if (character === "'") quoted = !quoted
    if (!quoted && "[{(".includes(character)) depth++
    if (!quoted && "]})".includes(character)) depth--
    if (character === "," && depth === 0 && !quoted) {
      values.push(value.trim())
      value = ""
    } else value += character
  }
  return [...values, value.trim()]
}

/** Rows of `left` that `right` lacks, and the other way round; values are compared as text, which tells -0.0 and NaN. */
export async function difference(session: DuckdbSession, left: string, right: string): Promise<unknown[]> {
  const text = (from: string) => `SELECT CAST(r AS VARCHAR) FROM (SELECT r FROM ${from} r)`
  return sql(session, `(${text(left)} EXCEPT ALL ${text(right)}) UNION ALL (${text(right)} EXCEPT ALL ${text(left)})`)
}

export const numberColumns = schema({ n: "int64" })

/** The numbers from 0 to `count` as an output that the engine computes. */
export function numbers(count: number): OutputValue {
  const rows = Array.from({ length: count }, (_, i) => [String(i)])
  const relation: Relation = { kind: "values", rows, schema: numberColumns }
  return { kind: "relation", relation, schema: numberColumns }
}
