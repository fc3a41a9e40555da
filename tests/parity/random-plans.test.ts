import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duckdb } from "@assets/io-duckdb"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { FrameError } from "../../packages/dataframe/src/errors/frame-error.ts"
import { parseQuery } from "../../packages/dataframe/src/plan/parse-query.ts"
import type { Relation } from "../../packages/dataframe/src/plan/relation.ts"
import { resolveQuery } from "../../packages/dataframe/src/plan/resolve-query.ts"
import { bottomUp, mapRelation } from "../../packages/dataframe/src/plan/walk-relation.ts"
import { rowBatches } from "../../packages/dataframe/src/session/output-batches.ts"
import { rowsOf } from "../../packages/dataframe/src/session/row-reader.ts"
import { compileSpark } from "../../packages/dataframe/src/sql/spark/compile-spark.ts"
import { planSchema, planTable, randomPlan, recipe, rowText } from "./random/random-plan.ts"

type Session = Awaited<ReturnType<ReturnType<typeof duckdb>["open"]>>

let session: Session
let folder: string
const signal = new AbortController().signal

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-plans-"))
  session = await duckdb({ threads: 1 }).open({ timeZone: "UTC", scratch: folder, now: new Date(0), signal })
})
afterAll(async () => {
  await session?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function rowsIn(relation: Relation): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const batch of session.batches(relation, signal)) {
    for (const made of rowsOf(batch as Parameters<typeof rowsOf>[0], relation.schema)) texts.push(rowText(made))
  }
  return texts.sort()
}

async function uploaded(rows: readonly object[]): Promise<Relation> {
  return (await session.upload(rowBatches(rows, planSchema), planSchema)) as Relation
}

/** The rows of a plan each of whose steps is stored before the next one reads it. */
async function cutRows(root: Relation): Promise<readonly string[]> {
  const stored = new Map<Relation, Relation>()
  for (const relation of bottomUp(root)) {
    const whole = mapRelation(
      relation,
      input => stored.get(input) ?? input,
      expression => expression,
    )
    // an order does not outlive a store: the limit above reads the sort itself
    const keeps = relation.kind === "table" || relation.kind === "sort"
    const upload = () => session.upload(session.batches(whole, signal), relation.schema) as Promise<Relation>
    stored.set(relation, keeps ? whole : await upload())
  }
  return rowsIn(stored.get(root) ?? root)
}

/** The plan as its Spark text is read back; undefined where the reader does not know a part of it. */
function readBack(root: Relation): Relation | undefined {
  const { sql } = compileSpark(root)
  const tables = bottomUp(root).filter(relation => relation.kind === "table")
  const find = (path: readonly string[]) => tables.find(table => table.path.join(".") === path.join("."))
  try {
    return resolveQuery(parseQuery(sql), { known: tables.map(table => table.path.join(".")), find })
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}

test("random plans give the same rows as one query, cut into stored steps, and read back from their Spark text", async () => {
  let plans = 0
  let read = 0
  let rows = 0
  await fc.assert(
    fc.asyncProperty(planTable, planTable, recipe, async (left, right, steps) => {
      const relation = randomPlan(await uploaded(left), await uploaded(right), steps)
      const whole = await rowsIn(relation)
      expect(await cutRows(relation)).toEqual(whole)
      const again = readBack(relation)
      if (again) expect(await rowsIn(again)).toEqual(whole)
      plans++
      rows += whole.length
      if (again) read++
    }),
    { numRuns: 200, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  )
  console.log(`plans: ${plans}, rows: ${rows}, read back: ${read}`)
  expect(plans).toBeGreaterThan(20)
  expect(rows).toBeGreaterThan(plans / 2)
})
