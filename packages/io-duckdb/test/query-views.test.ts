import { setMaxListeners } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession, QueryViews } from "@assets/core"
import type { Relation } from "@assets/dataframe"
import { afterAll, beforeAll, expect, test } from "vitest"
import { duckdb } from "../src/index.ts"

const signal = new AbortController().signal
setMaxListeners(0, signal)
let folder: string
let session: EngineSession

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-views-"))
  const context = { timeZone: "UTC", scratch: folder, now: new Date(), signal, expand: (text: string) => text }
  session = await duckdb().open(context)
})
afterAll(async () => {
  await session.close()
  rmSync(folder, { recursive: true, force: true })
})

function views(value: number): QueryViews {
  const schema = { columns: [{ name: "v", type: { kind: "int32" as const } }] }
  const relation: Relation = { kind: "values", rows: [[value]], schema }
  return new Map([
    ["pair/left", async () => relation],
    ["pair/right", async () => relation],
  ])
}

async function read(text: string, value: number): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const batch of session.query?.(text, views(value), signal) ?? []) rows.push(...batch.rows)
  return rows
}

test("each statement of a session reads the views that it was given, one after the other and at once", async () => {
  const texts = ['select v from "pair/left"', "select v from pair.left"]
  for (const text of texts) for (const value of [1, 2, 3]) expect(await read(text, value)).toEqual([[value]])
  const values = Array.from({ length: 12 }, (_, i) => i)
  expect(await Promise.all(values.map(i => read(texts[i % 2] ?? "", i)))).toEqual(values.map(i => [[i]]))
})

test("a statement that is refused leaves no view behind", async () => {
  await expect(read('select nothing from "pair/left"', 1)).rejects.toMatchObject({ code: "ENGINE_QUERY_FAILED" })
  await expect(read('drop view "pair/left"', 1)).rejects.toMatchObject({ code: "ENGINE_QUERY_FAILED" })
  expect(await read('select v from "pair/left"', 2)).toEqual([[2]])
})

test.each([
  "select l.v from pair.left l join pair.right r using (v)",
  'select v from "pair/left" l natural join pair.right r order by 1',
  "select v from pair.left where v in (from PAIR.RIGHT) order by all",
  "with one as (from pair.left) select one.v from one, pair.right",
  "from pair.left union select v from pair.right order by v",
  "select first(n) from (pivot pair.left on v in (3 as n) using max(v))",
  "select v from (values (3)) t(v) where v = any (select v from pair.left) -- it's \\' hard",
])("a statement may name several assets, and columns in any way: %s", async text => {
  expect(await read(text, 3)).toEqual([[3]])
})

test.each(["", " -- nothing", ";", "select v from", "select '", "\0"])(
  "text that is no select is refused: %j",
  async text => {
    await expect(read(text, 1)).rejects.toMatchObject({
      code: "ENGINE_QUERY_FAILED",
      message: expect.not.stringContaining("native"),
    })
  },
)
