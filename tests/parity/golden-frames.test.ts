import { openSession, type Session, typeName } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type FrameTablesByName, frameCases, frameColumns, frameRows } from "./golden/frame-cases.ts"
import type { GoldenValue } from "./golden/golden-file.ts"

let session: Session
let tables: FrameTablesByName

beforeAll(async () => {
  session = await openSession(duckdb({ threads: 2 }))
  const made = Object.entries(frameColumns).map(([name, types]) => [
    name,
    session.createDataFrame(types, frameRows(name, types)),
  ])
  tables = Object.fromEntries(made)
})
afterAll(() => session?.close())

/** A value of a row as the golden file writes it. */
function output(value: unknown): GoldenValue {
  if (typeof value === "bigint") return String(value)
  if (typeof value === "number") {
    if (Object.is(value, -0)) return "-0.0"
    return Number.isFinite(value) ? value : String(value)
  }
  if (Array.isArray(value)) return value.map(output)
  if (typeof value === "object" && value !== null) {
    return { struct: Object.entries(value).map(([name, field]) => [name, output(field)]) }
  }
  return value as GoldenValue // text, boolean, null
}

const sorted = (rows: readonly unknown[]) => rows.map(row => JSON.stringify(row)).sort()

describe("a program gives the frame that Spark gave", () => {
  for (const { name, pyspark, ordered, types, rows, program } of frameCases) {
    test(`${name}: ${pyspark}`, async () => {
      const result = program(tables)
      const schema = result.schema().columns
      expect(schema.map(column => typeName(column.type))).toEqual(types)
      const given: GoldenValue[][] = []
      for await (const row of result.rows()) given.push(Object.values(row).map(output))
      if (ordered) expect(given).toEqual(rows)
      else expect(sorted(given)).toEqual(sorted(rows))
    })
  }
})

test("the programs belong to cases of the golden file", () => {
  expect(frameCases.length).toBeGreaterThanOrEqual(103)
})
