import { openSession, type Session, typeName } from "@assets/dataframe"
import { spark } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { duckdbOutcomes } from "./golden/duckdb-outcomes.ts"
import { type FrameTablesByName, frameCases, frameColumns, frameRows } from "./golden/frame-cases.ts"
import { frameOutput, sorted } from "./golden/frame-rows.ts"
import { readGolden } from "./golden/golden-file.ts"
import { type CaseOutcome, parityPage } from "./golden/parity-page.ts"
import type { Outcome } from "./golden/run-case.ts"
import type { SparkOutcome } from "./golden/run-spark-case.ts"
import { sparkOutcomes } from "./golden/spark-outcomes.ts"

const golden = readGolden()
/** Spark 4.1.2 keeps both zeros apart; the Spark of the recorded answers does not. */
const changedSince = new Map([["4.1.2", ["array-distinct.ad"]]])

// One task at a time: doubles are then summed in the order in which Spark summed them.
describe.skipIf(skipsSpark)("Spark", () => {
  sharedSpark({ master: "local[1]" })

  describe("the recorded cases", () => {
    let onSpark: ReadonlyMap<string, SparkOutcome>
    let sparkVersion = ""

    beforeAll(async () => {
      const made = await sparkOutcomes(golden)
      onSpark = made.outcomes
      sparkVersion = made.version
    }, 1_800_000)

    test("give on Spark, through the printer, what Spark gave", () => {
      const changed = changedSince.get(sparkVersion) ?? []
      const open = golden.cases.flatMap(({ id, sparkSql }) => {
        const outcome = onSpark.get(id)
        if (outcome?.kind !== "open" || changed.includes(id)) return []
        return [`${id} | ${sparkSql} | ${outcome.why.slice(0, 400)}`]
      })
      expect(open).toEqual([])
    })

    test("are what the page of the reference says", async () => {
      const { outcomes, version } = await duckdbOutcomes(golden)
      const page = parityPage({
        golden,
        duckdb: kindsOf(outcomes),
        spark: new Map([...onSpark].map(([id, { kind }]) => [id, kind])),
        duckdbVersion: version,
        sparkVersion,
      })
      await expect(page).toMatchFileSnapshot("../../docs/reference/parity.md")
    })
  })

  describe("a program gives on Spark the frame that Spark gave", () => {
    let session: Session
    let tables: FrameTablesByName
    beforeAll(async () => {
      session = await openSession(spark())
      const made = Object.entries(frameColumns).map(([name, types]) => [
        name,
        session.createDataFrame(types, frameRows(name, types)),
      ])
      tables = Object.fromEntries(made)
    })
    afterAll(() => session?.close())

    for (const { name, pyspark, ordered, types, rows, program } of frameCases) {
      test(`${name}: ${pyspark}`, async () => {
        const result = program(tables)
        expect(result.schema().columns.map(column => typeName(column.type))).toEqual(types)
        const given = await frameOutput(result)
        if (ordered) expect(given).toEqual(rows)
        else expect(sorted(given)).toEqual(sorted(rows))
      })
    }
  })
})

/** A function that is not yet there is a difference, too. */
function kindsOf(outcomes: ReadonlyMap<string, Outcome>): ReadonlyMap<string, CaseOutcome> {
  return new Map([...outcomes].map(([id, { kind }]) => [id, kind === "not yet" ? "open" : kind]))
}
