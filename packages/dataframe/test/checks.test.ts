import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  accepted,
  check,
  freshWithin,
  matches,
  notNull,
  range,
  rowCount,
  schemaContains,
  unique,
} from "../src/checks.ts"
import { count, sum } from "../src/functions.ts"
import { frame, type Relation, t } from "../src/index.ts"
import type { EngineSession } from "../src/session/engine-session.ts"

const returns = frame({ id: t.int64, name: t.string, x: t.float64, day: t.date, at: t.timestamp })
const rows = [
  { id: 1, name: "a", x: 1, day: "2024-01-01", at: "2024-01-01T00:00:00Z" },
  { id: 2, name: "b", x: Number.NaN, day: "2024-01-02", at: "2024-01-01T00:00:00Z" },
  { id: 2, name: null, x: null, day: null, at: null },
  { id: 2, name: "B", x: -1, day: "2024-01-03", at: null },
  { id: null, name: "", x: 0, day: "2024-01-04", at: null },
]

let folder: string
let session: EngineSession
let queries = 0
let stored: { kind: "relation"; relation: Relation }
let none: { kind: "relation"; relation: Relation }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-checks-"))
  const signal = new AbortController().signal
  const opened = await duckdb().open({ timeZone: "UTC", scratch: folder, now: new Date(), signal })
  const upload = async (value: unknown) => {
    const output = returns.output(value)
    if (output.kind !== "batches") throw new Error(output.kind)
    return { kind: "relation" as const, relation: (await opened.upload(output.batches(), output.schema)) as Relation }
  }
  stored = await upload(rows)
  none = await upload([])
  session = {
    dialect: "duckdb",
    batches: (plan, abort) => {
      queries++
      return opened.batches(plan, abort)
    },
    upload: (batches, schema) => opened.upload(batches, schema),
    explain: plan => opened.explain(plan),
    close: () => opened.close(),
  }
})
afterAll(async () => {
  await session?.close()
  rmSync(folder, { recursive: true, force: true })
})

type Check = Parameters<typeof returns.check>[0][number]
async function evaluate(...checks: readonly Check[]) {
  queries = 0
  return returns.check(checks, stored, session, new AbortController().signal)
}
const one = async (given: Check) => (await evaluate(given))[0]

describe("a check", () => {
  test("notNull counts nulls and shows them", async () => {
    expect(await one(notNull("id"))).toEqual({
      name: "notNull(id)",
      severity: "error",
      blocking: true,
      passed: false,
      badRows: 1,
      samples: [{ id: null, name: "", x: 0, day: "2024-01-04", at: null }],
    })
    expect(await one(notNull("day", { severity: "warn" }))).toMatchObject({
      severity: "warn",
      blocking: false,
      badRows: 1,
    })
  })

  test("unique counts the rows too many, and shows the values that come again", async () => {
    expect(await one(unique("id"))).toMatchObject({ passed: false, badRows: 2, samples: [{ id: "2", rows: "3" }] })
    expect(await one(unique(["id", "name"]))).toMatchObject({ name: "unique(id, name)", passed: true, badRows: 0 })
  })

  test("accepted and matches let nulls pass", async () => {
    expect(await one(accepted("name", ["a", "b", ""]))).toMatchObject({ badRows: 1, samples: [{ name: "B" }] })
    expect(await one(accepted("id", [1, 2]))).toMatchObject({ passed: true })
    expect(await one(matches("name", /^[a-z]*$/))).toMatchObject({ badRows: 1 })
    expect(() => matches("name", /a/i)).toThrow("flags")
  })

  test("range looks at both ends; NaN is above every number", async () => {
    expect(await one(range("x", { min: 0, max: 10 }))).toMatchObject({ badRows: 2 })
    expect(await one(range("x", { min: -1 }))).toMatchObject({ passed: true })
    expect(await one(range("day", { max: "2024-01-03" }))).toMatchObject({ badRows: 1 })
    expect(() => range("x", {})).toThrow("min and max")
  })

  test("rowCount and freshWithin tell what they found", async () => {
    expect(await one(rowCount({ min: 1, max: 5 }))).toMatchObject({ passed: true })
    expect(await one(rowCount({ min: 6 }))).toMatchObject({ passed: false, message: "5 rows, less than 6" })
    expect(await one(freshWithin("at", 1000))).toMatchObject({
      passed: false,
      message: "the latest is 2024-01-01T00:00:00Z",
    })
    expect(await one(freshWithin("day", 1000 * 366 * 86_400_000))).toMatchObject({ passed: true })
  })

  test("schemaContains needs no query", async () => {
    expect(await one(schemaContains({ id: t.int64 }))).toMatchObject({ passed: true })
    expect(queries).toBe(0)
    expect(await one(schemaContains({ ID: t.int32, more: t.string }))).toMatchObject({
      passed: false,
      message: "'ID' is bigint and not int; 'more' is missing",
    })
  })

  test("of one's own is a condition on rows, on the whole table, or a frame of bad rows", async () => {
    expect(await one(check("positive", f => f.x.geq(0), { of: returns }))).toMatchObject({ badRows: 1 })
    expect(await one(check("by the second parameter", (_, f) => f.x.geq(0), { of: returns }))).toMatchObject({
      badRows: 1,
    })
    expect(await one(check("total", (_, f) => sum(f.id).equalTo(7), { of: returns }))).toMatchObject({ passed: true })
    expect(await one(check("total", (_, f) => sum(f.id).equalTo(8), { of: returns }))).toMatchObject({ passed: false })
    const thin = check(
      "no thin day",
      f =>
        f
          .groupBy("id")
          .agg(() => ({ n: count() }))
          .filter(d => d.n.lt(2)),
      { of: returns },
    )
    expect(await one(thin)).toMatchObject({ passed: false, badRows: 2 })
  })

  test("of an unknown column names the nearest", async () => {
    await expect(evaluate(notNull("naem"))).rejects.toMatchObject({
      code: "FRAME_COLUMN_UNKNOWN",
      fix: "Did you mean 'name'?",
    })
    await expect(evaluate(check("x", f => f.naem.isNull()))).rejects.toMatchObject({ code: "FRAME_COLUMN_UNKNOWN" })
  })

  test("of another kind is refused", async () => {
    await expect(evaluate({ name: "strange" })).rejects.toMatchObject({ code: "FRAME_ARGUMENT_INVALID" })
  })
})

test("all checks of a table are one query; one more brings the samples of each that fails", async () => {
  const outcomes = await evaluate(
    notNull("name"),
    unique("id"),
    range("x", { min: -5 }),
    rowCount({ min: 1 }),
    check("bad rows", f => f.filter(r => r.id.isNull()), { of: returns }),
  )
  expect(outcomes.map(outcome => outcome.passed)).toEqual([false, false, true, true, false])
  expect(queries).toBe(1 + 3)
})

test("an empty table passes what counts bad rows", async () => {
  const outcomes = await returns.check(
    [notNull("id"), unique("id"), range("x", { min: 0 })],
    none,
    session,
    new AbortController().signal,
  )
  expect(outcomes.every(outcome => outcome.passed)).toBe(true)
})
