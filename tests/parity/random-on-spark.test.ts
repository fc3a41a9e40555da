import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession } from "@assets/core"
import type { Relation } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { spark } from "@assets/io-spark"
import { DuckDBInstance } from "@duckdb/node-api"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { rowBatches } from "../../packages/dataframe/src/session/output-batches.ts"
import { rowsOf } from "../../packages/dataframe/src/session/row-reader.ts"
import { duckdbPrelude } from "../../packages/dataframe/src/sql/compile-sql.ts"
import { connect, type SparkClient } from "../../packages/io-spark/src/connect/client.ts"
import { parseRemote } from "../../packages/io-spark/src/connect/remote.ts"
import { pinnedSessionConf } from "../../packages/io-spark/src/pinned-conf.ts"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { BothEngines, type Found } from "./random/compare-expressions.ts"
import { onceDiffering } from "./random/once-differing.ts"
import { drawing, expressionOf, randomExpression } from "./random/random-expression.ts"
import { planSchema, planTable, randomPlan, recipe, rowText } from "./random/random-plan.ts"
import { randomTable } from "./random/random-values.ts"

/** `RUNS=50 SEED=7` looks longer, and elsewhere; each difference is printed. */
const runs = Number(process.env.RUNS ?? 1)
const seed = Number(process.env.SEED ?? 1)
const timeZone = process.env.ZONE ?? "Europe/Berlin"
const timeoutMs = 300_000 * runs

describe.skipIf(skipsSpark)("on DuckDB and on Spark", () => {
  sharedSpark()

  describe("random expressions over random values", () => {
    let instance: DuckDBInstance
    let client: SparkClient
    let both: BothEngines
    beforeAll(async () => {
      instance = await DuckDBInstance.create(":memory:", { threads: "1" })
      const connection = await instance.connect()
      await connection.run(`SET TimeZone = '${timeZone}'`)
      for (const statement of duckdbPrelude) await connection.run(statement)
      client = await connect(parseRemote(process.env.SPARK_REMOTE ?? ""))
      await client.configSet(pinnedSessionConf(timeZone))
      both = new BothEngines(connection, client)
    })
    afterAll(async () => {
      await client?.close()
      instance?.closeSync()
    })

    test(
      "have the same values and types, and raise for the same rows",
      async () => {
        const found: Found[] = []
        for (let run = 0; run < 2 * runs; run++) {
          const draw = drawing(seed * 1000 + run)
          await both.use(randomTable(60, seed * 1000 + run))
          const known = run === 0 ? onceDiffering.map(expressionOf) : []
          const drawn = Array.from({ length: 40 - known.length }, () => randomExpression(draw))
          const differing = await both.compare([...known, ...drawn])
          if (process.env.RUNS)
            for (const one of differing) process.stderr.write(`${one.text}\n    ${one.difference}\n`)
          found.push(...differing)
        }
        expect(found).toEqual([])
      },
      timeoutMs,
    )
  })

  describe("random plans over random rows", () => {
    const signal = new AbortController().signal
    let folder: string
    let sessions: readonly EngineSession[] = []
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "assets-random-plans-"))
      const context = { timeZone: "UTC", scratch: folder, now: new Date(0), signal }
      sessions = await Promise.all([duckdb({ threads: 1 }), spark()].map(engine => engine.open(context)))
    })
    afterAll(async () => {
      for (const session of sessions) await session.close()
      rmSync(folder, { recursive: true, force: true })
    })

    test(
      "give the same rows",
      async () => {
        let rows = 0
        const given = async (
          session: EngineSession,
          tables: readonly (readonly object[])[],
          steps: Parameters<typeof randomPlan>[2],
        ) => {
          const [left, right] = await Promise.all(
            tables.map(table => session.upload(rowBatches(table, planSchema), planSchema)),
          )
          const plan = randomPlan(left as Relation, right as Relation, steps) // engines of ours
          const texts: string[] = []
          for await (const batch of session.batches(plan, signal))
            for (const row of rowsOf(batch as Parameters<typeof rowsOf>[0], plan.schema)) texts.push(rowText(row))
          return texts.sort()
        }
        await fc.assert(
          fc.asyncProperty(planTable, planTable, recipe, async (left, right, steps) => {
            const [first, second] = await Promise.all(sessions.map(session => given(session, [left, right], steps)))
            expect(first).toEqual(second)
            rows += first?.length ?? 0
          }),
          { numRuns: 20 * runs, seed, endOnFailure: true },
        )
        expect(rows).toBeGreaterThan(10 * runs)
      },
      timeoutMs,
    )
  })
})
