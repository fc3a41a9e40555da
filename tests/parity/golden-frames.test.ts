import { openSession, type Session, typeName } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type FrameTablesByName, frameCases, frameColumns, frameRows } from "./golden/frame-cases.ts"
import { frameOutput, sorted } from "./golden/frame-rows.ts"

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

describe("a program gives the frame that Spark gave", () => {
  for (const { name, pyspark, ordered, types, rows, program } of frameCases) {
    test(`${name}: ${pyspark}`, async () => {
      const result = program(tables)
      const schema = result.schema().columns
      expect(schema.map(column => typeName(column.type))).toEqual(types)
      const given = await frameOutput(result)
      if (ordered) expect(given).toEqual(rows)
      else expect(sorted(given)).toEqual(sorted(rows))
    })
  }
})

test("the programs belong to cases of the golden file", () => {
  expect(frameCases.length).toBeGreaterThanOrEqual(103)
})
