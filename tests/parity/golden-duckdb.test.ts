import { expect, test } from "vitest"
import { duckdbOutcomes } from "./golden/duckdb-outcomes.ts"
import { readGolden } from "./golden/golden-file.ts"

const golden = readGolden()
/** Cases of functions that the table has not got yet. Lower it with each function that is added. */
const notYet = 0

test("DuckDB gives what Spark gave for every case of the functions in the table", async () => {
  const count = { passed: 0, refused: 0, "not yet": 0, open: 0 }
  const open: string[] = []
  const missing = new Set<string>()
  const { outcomes } = await duckdbOutcomes(golden)
  for (const c of golden.cases) {
    const outcome = outcomes.get(c.id)
    if (!outcome) throw new Error(`The case ${c.id} was not run.`)
    count[outcome.kind]++
    if (outcome.kind === "open") open.push(`${c.id} | ${c.sparkSql} | ${outcome.why}`)
    if (outcome.kind === "not yet") missing.add(outcome.name)
  }
  console.log(`passed: ${count.passed}, refused: ${count.refused}, not yet: ${count["not yet"]}, open: ${count.open}`)
  console.log(`functions not yet in the table: ${[...missing].sort().join(" ")}`)
  expect(open).toEqual([])
  expect(count["not yet"]).toBe(notYet)
})
