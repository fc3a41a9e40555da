import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { identifier } from "../src/function/sql-fragment.ts"
import type { Expression } from "../src/plan/expression.ts"
import { parseExpression } from "../src/plan/parse-expression.ts"
import { resolveExpression } from "../src/plan/resolve-expression.ts"
import { parseDataType } from "../src/schema/parse-data-type.ts"
import type { Schema } from "../src/schema/schema.ts"
import { duckdbPrelude } from "../src/sql/compile-sql.ts"
import { withImpliedBounds } from "../src/sql/implied-bounds.ts"
import { printExpression } from "../src/sql/print-expression.ts"

const types = {
  day: "date",
  at: "timestamp",
  clock: "timestamp_ntz",
  price: "decimal(10,2)",
  wide: "decimal(30,2)",
  ratio: "float",
  n: "int",
}
const schema: Schema = {
  columns: Object.entries(types).map(([name, type]) => ({ name, type: parseDataType(type) })),
}
const conditionOf = (text: string) => resolveExpression(parseExpression(text), schema)
const printed = (condition: Expression) => printExpression(condition, column => identifier(column.name)).text

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  connection = await instance.connect()
  for (const statement of duckdbPrelude) await connection.run(statement)
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

/** What is added to a condition, one after the other. */
function added(condition: Expression): string[] {
  const texts: string[] = []
  let whole = withImpliedBounds(condition)
  while (whole !== condition && whole.kind === "call") {
    const [before = condition, last = condition] = whole.args
    texts.unshift(printed(last))
    whole = before
  }
  return texts
}

test.each([
  [
    "to_date(clock) = date'2024-02-29'",
    [`("clock" >= CAST('2024-02-29T00:00:00' AS TIMESTAMP))`, `("clock" <= CAST('2024-03-01T00:00:00' AS TIMESTAMP))`],
  ],
  ["to_date(clock) < '2024-02-29'", [`("clock" <= CAST('2024-03-01T00:00:00' AS TIMESTAMP))`]],
  ["to_date(at) >= date'2024-03-01'", [`("at" >= CAST('2024-02-29T00:00:00Z' AS TIMESTAMP WITH TIME ZONE))`]],
  ["clock >= timestamp'2024-03-01T10:00:00Z'", [`("clock" >= CAST('2024-02-29T00:00:00' AS TIMESTAMP))`]],
  ["day <= timestamp'2024-02-27T10:00:00Z'", [`("day" <= CAST('2024-02-29' AS DATE))`]],
  ["price > 50.25D", [`("price" >= CAST('50.24' AS DECIMAL(10,2)))`]],
  [
    "price between 1.5D and 2.5D",
    [`("price" >= CAST('1.49' AS DECIMAL(10,2)))`, `("price" <= CAST('2.51' AS DECIMAL(10,2)))`],
  ],
  ["ratio <= 5", [`("ratio" <= CAST(5.000000953674316e+0 AS FLOAT))`]],
  ["n <=> 5", [`("n" = CAST(5 AS INTEGER))`]],
  [
    "n > 1 and price = 2.5D",
    [`("price" >= CAST('2.49' AS DECIMAL(10,2)))`, `("price" <= CAST('2.51' AS DECIMAL(10,2)))`],
  ],
])("%s is told of the column as it is stored, too", (text, bounds) => {
  expect(added(conditionOf(text))).toEqual(bounds)
})

test.each([
  "day = date'2024-01-01'",
  "to_date(clock) <> date'2024-01-01'",
  "not (to_date(clock) = date'2024-01-01')",
  "to_date(clock) = date'2024-01-01' or n = 1",
  "to_date(clock) = day",
  "to_date(clock) = null",
  "to_date(clock) = date'0001-01-01' + interval 1 day",
  "clock > timestamp'2024-01-01 10:00:00'",
  "to_date(clock) > date'9999-12-31'",
  "price < 1e12D",
  "wide < 1.5D",
  "ratio < 1e300D",
  "ratio < cast('NaN' as double)",
  "n <=> null",
])("%s is left as it is", text => {
  const condition = conditionOf(text)
  expect(withImpliedBounds(condition)).toBe(condition)
})

const operator = fc.constantFrom("=", "<=>", ">", ">=", "<", "<=")
/** Hours round changes of the clock, and round days that have no midnight. */
const hour = fc
  .tuple(
    fc.constantFrom("2024-03-30", "2024-10-27", "2018-11-04", "1999-12-31", "1582-10-15"),
    fc.integer({ min: -40, max: 40 }),
  )
  .map(([day, hours]) => new Date(Date.parse(day) + hours * 1_800_000).toISOString().slice(0, 19))
const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Kiritimati", "Pacific/Pago_Pago")

const condition = fc.oneof(
  fc
    .tuple(fc.constantFrom("to_date(clock)", "to_date(at)"), operator, hour)
    .map(([x, op, t]) => `${x} ${op} date'${t.slice(0, 10)}'`),
  fc.tuple(fc.constantFrom("clock", "day"), operator, hour).map(([x, op, t]) => `${x} ${op} timestamp'${t}Z'`),
  fc
    .tuple(fc.constantFrom("price", "ratio"), operator, fc.integer({ min: -400, max: 400 }))
    .map(([x, op, n]) => `${x} ${op} ${n / 200}D`),
  fc.tuple(operator, fc.integer({ min: -2, max: 2 })).map(([op, n]) => `ratio ${op} ${n}`),
)

test("what is added takes no row away, in any zone", async () => {
  const times = `SELECT unnest(generate_series(TIMESTAMP '2024-03-28', TIMESTAMP '2024-04-01', INTERVAL 30 MINUTE)
      || generate_series(TIMESTAMP '2024-10-25', TIMESTAMP '2024-10-29', INTERVAL 30 MINUTE)
      || generate_series(TIMESTAMP '2018-11-02', TIMESTAMP '2018-11-06', INTERVAL 30 MINUTE)
      || generate_series(TIMESTAMP '1999-12-29', TIMESTAMP '2000-01-02', INTERVAL 30 MINUTE)
      || generate_series(TIMESTAMP '1582-10-13', TIMESTAMP '1582-10-17', INTERVAL 30 MINUTE) || [NULL]) AS clock`
  await connection.run(
    `CREATE TABLE rows AS SELECT CAST(clock AS DATE) AS day, make_timestamptz(epoch_us(clock)) AS at, clock,
       CAST(i / 100 AS DECIMAL(10, 2)) AS price, CAST(i / 100 AS FLOAT) AS ratio FROM
       (SELECT *, row_number() OVER () % 500 - 250 AS i FROM (${times}))
     UNION ALL SELECT NULL, NULL, NULL, NULL, unnest(['NaN'::FLOAT, 'Infinity'::FLOAT, '-0.0'::FLOAT, NULL])`,
  )
  const rowsOf = async (condition: Expression) => {
    const result = await connection.run(`SELECT count(*), sum(hash(rows)) FROM rows WHERE ${printed(condition)}`)
    return (await result.getRowsJson())[0]
  }
  let met = 0
  await fc.assert(
    fc.asyncProperty(zone, condition, async (zone, text) => {
      await connection.run(`SET TimeZone = '${zone}'`)
      const plain = conditionOf(text)
      const bounded = withImpliedBounds(plain)
      expect(bounded, text).not.toBe(plain)
      const expected = await rowsOf(plain)
      met += expected?.[0] === "0" ? 0 : 1
      expect(await rowsOf(bounded), text).toEqual(expected)
    }),
    { numRuns: 200, seed: 7 },
  )
  expect(met).toBeGreaterThan(100)
})
