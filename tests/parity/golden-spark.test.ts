import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession } from "@assets/core"
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
import { runSparkCase } from "./golden/run-spark-case.ts"
import { writeGoldenTables } from "./golden/spark-tables.ts"

const golden = readGolden()
/** Spark 4.1.2 keeps both zeros apart; the Spark of the recorded answers does not. */
const changedSince = new Map([["4.1.2", ["array-distinct.ad"]]])

// One task at a time: doubles are then summed in the order in which Spark summed them.
describe.skipIf(skipsSpark)("Spark", () => {
  sharedSpark({ master: "local[1]" })

  const sessions: EngineSession[] = []
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assets-golden-spark-"))
  })
  afterAll(async () => {
    for (const session of sessions) await session.close()
    rmSync(folder, { recursive: true, force: true })
  })

  describe("the recorded cases", () => {
    const onSpark = new Map<string, CaseOutcome>()
    const open: string[] = []
    let sparkVersion = ""

    beforeAll(async () => {
      const signal = new AbortController().signal
      const engine = spark()
      for (const timeZone of new Set(golden.cases.map(c => c.timeZone))) {
        const session = await engine.open({ timeZone, scratch: folder, now: new Date(0), signal })
        sessions.push(session)
        sparkVersion = await versionOf(session)
        const files = await writeGoldenTables(session, golden, mkdtempSync(join(folder, "tables-")))
        for (const c of golden.cases.filter(one => one.timeZone === timeZone)) {
          const outcome = await runSparkCase({ session, files }, golden, c)
          onSpark.set(c.id, outcome.kind)
          if (outcome.kind === "open") open.push(`${c.id} | ${c.sparkSql} | ${outcome.why.slice(0, 400)}`)
        }
      }
    }, 1_800_000)

    test("give on Spark, through the printer, what Spark gave", () => {
      const changed = changedSince.get(sparkVersion) ?? []
      expect(open.filter(line => !changed.some(id => line.startsWith(`${id} `)))).toEqual([])
    })

    test("are what the page of the reference says", async () => {
      const { outcomes, version } = await duckdbOutcomes(golden)
      const page = parityPage({
        golden,
        duckdb: kindsOf(outcomes),
        spark: onSpark,
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

async function versionOf(session: EngineSession): Promise<string> {
  for await (const { rows } of session.query?.("SELECT version()", new Map(), new AbortController().signal) ?? []) {
    if (rows[0]) return String(rows[0][0]).replace(/ .*/, "")
  }
  throw new Error("Spark did not tell its version.")
}
