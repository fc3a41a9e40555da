import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { CompareOptions } from "../src/compare-frames.ts"
import { type Columns, frame, type Relation, t } from "../src/index.ts"
import type { EngineSession } from "../src/session/engine-session.ts"

const columns = { id: t.int64, name: t.string, x: t.float64 }
type Input = { readonly id: number | null; readonly name: string | null; readonly x: number | null }
const table: readonly Input[] = [
  { id: 1, name: "a", x: 1 },
  { id: 2, name: null, x: Number.NaN },
  { id: null, name: "no key", x: null },
  { id: 4, name: "d", x: Number.POSITIVE_INFINITY },
]
const signal = new AbortController().signal

let folder: string
let opened: Awaited<ReturnType<ReturnType<typeof duckdb>["open"]>>
let session: EngineSession

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-compare-"))
  const context = { timeZone: "UTC", scratch: folder, now: new Date(), signal, expand: (text: string) => text }
  opened = await duckdb().open(context)
  session = opened as unknown as EngineSession // core's batches are opaque, and here they are Arrow's
})
afterAll(async () => {
  await opened.close()
  rmSync(folder, { recursive: true, force: true })
})

async function stored(types: Columns, rows: readonly object[]) {
  const output = frame(types).output(rows)
  if (output.kind !== "batches") throw new Error(output.kind)
  const relation = (await opened.upload(output.batches(), output.schema)) as Relation
  return { kind: "relation" as const, relation }
}

async function compare(left: readonly object[], right: readonly object[], options: Partial<CompareOptions> = {}) {
  const [l, r] = [await stored(columns, left), await stored(columns, right)]
  return frame(columns).compare(l, r, async () => session, { samples: 10, signal, ...options })
}

describe("with keys", () => {
  const keys = ["ID"]

  test("the same rows in another order are equal, with nulls, NaN and null keys among them", async () => {
    expect(await compare(table, table.toReversed(), { keys })).toEqual({
      equal: true,
      schema: [],
      rows: { left: 4, right: 4 },
      keys: ["id"],
      added: 0,
      removed: 0,
      changed: 0,
      columns: [],
      samples: [],
    })
  })

  test("rows are added, removed and changed, told by column, with samples in the order of the keys", async () => {
    const after = [
      { id: 1, name: "A", x: 1 },
      { id: 2, name: "b", x: null },
      { id: null, name: "no key", x: null },
      { id: 5, name: "e", x: 5 },
    ]
    expect(await compare(table, after, { keys })).toEqual({
      equal: false,
      schema: [],
      rows: { left: 4, right: 4 },
      keys: ["id"],
      added: 1,
      removed: 1,
      changed: 2,
      columns: [
        { name: "name", changed: 2 },
        { name: "x", changed: 1 },
      ],
      samples: [
        { change: "changed", left: { id: "1", name: "a", x: 1 }, right: { id: "1", name: "A", x: 1 } },
        { change: "changed", left: { id: "2", name: null, x: "NaN" }, right: { id: "2", name: "b", x: null } },
        { change: "removed", left: { id: "4", name: "d", x: "Infinity" }, right: null },
        { change: "added", left: null, right: { id: "5", name: "e", x: 5 } },
      ],
    })
  })

  test("a tolerance is so much, or so much of the greater value; infinity is near nothing", async () => {
    const [before, after] = [[{ id: 1, name: "a", x: 1000 }], [{ id: 1, name: "a", x: 1001 }]]
    const equal = async (tolerance: CompareOptions["tolerance"], right: readonly object[] = after) => {
      return (await compare(before, right, { keys, ...(tolerance !== undefined && { tolerance }) })).equal
    }
    expect(await equal(undefined)).toBe(false)
    expect(await equal(0.5)).toBe(false)
    expect(await equal(1)).toBe(true)
    expect(await equal({ relative: 0.0001 })).toBe(false)
    expect(await equal({ relative: 0.001 })).toBe(true)
    expect(await equal({ relative: 1 }, [{ id: 1, name: "a", x: Number.POSITIVE_INFINITY }])).toBe(false)
    expect(await equal(1e9, [{ id: 1, name: "a", x: Number.NaN }])).toBe(false)
    expect(await equal(1e9, [{ id: 1, name: "a", x: null }])).toBe(false)
  })

  test("a tolerance without keys tells the rows by the columns that are not floating point", async () => {
    const before = [
      { id: 1, name: "a", x: 1000 },
      { id: 1, name: "b", x: 2000 },
    ]
    const after = [
      { id: 1, name: "b", x: 2000 },
      { id: 1, name: "a", x: 1001 },
    ]
    expect(await compare(before, after, { tolerance: 1 })).toMatchObject({ equal: true, keys: ["id", "name"] })
    expect(await compare(before, after, { tolerance: 0.5 })).toMatchObject({ columns: [{ name: "x", changed: 1 }] })
    const twice = [...before, { id: 1, name: "a", x: 7 }]
    expect(await compare(twice, twice, { tolerance: 1 })).toMatchObject({ equal: true, keys: null, repeatedKeys: 1 })
  })

  test("keys that repeat are told, and the rows compared whole", async () => {
    const before = [
      { id: 1, name: "a", x: 1 },
      { id: 1, name: "b", x: 1 },
    ]
    const found = await compare(before, [...before.slice(0, 1), { id: 1, name: "c", x: 1 }], { keys })
    expect(found).toMatchObject({ equal: false, keys: null, repeatedKeys: 1, added: 1, removed: 1, changed: 0 })
    expect(await compare(before, before, { keys })).toMatchObject({ equal: true, repeatedKeys: 1 })
  })

  test("no more than the wanted samples are brought", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ id: i, name: "a", x: i }))
    const found = await compare(many, [], { keys, samples: 3 })
    expect([found.removed, found.samples.length]).toEqual([1000, 3])
    expect((await compare([], many, { keys, samples: 0 })).samples).toEqual([])
  })
})

describe("without keys", () => {
  test("rows are a multiset: how often a row comes counts, its order does not", async () => {
    const twice = [table[1], table[1], table[0]].map(row => ({ ...row }))
    expect(await compare(twice, twice.toReversed())).toMatchObject({ equal: true, keys: null })
    expect(await compare(twice, twice.slice(1))).toMatchObject({
      equal: false,
      rows: { left: 3, right: 2 },
      added: 0,
      removed: 1,
      samples: [{ change: "removed", left: { id: "2", name: null, x: "NaN" }, right: null }],
    })
    expect(await compare([], [])).toMatchObject({ equal: true, rows: { left: 0, right: 0 } })
  })

  test("maps, also within other values, are compared by their entries, whatever their order", async () => {
    const types = {
      id: t.int64,
      tags: t.map(t.string, t.int64),
      nested: t.array(t.struct({ m: t.map(t.string, t.map(t.string, t.int64)) })),
    }
    const row = (tags: Map<string, number> | null, inner: number | null) => ({
      id: 1,
      tags,
      nested: [{ m: new Map([["a", inner === null ? null : new Map([["b", inner]])]]) }, null],
    })
    const ordered = new Map([
      ["a", 1],
      ["b", 2],
    ])
    const other = new Map([...ordered].reverse())
    const same = async (a: object, b: object, keys: readonly string[]) => {
      const options = { samples: 10, signal, keys }
      return (
        await frame(types).compare(await stored(types, [a]), await stored(types, [b]), async () => session, options)
      ).equal
    }
    for (const keys of [[], ["id"]]) {
      expect(await same(row(ordered, 1), row(other, 1), keys)).toBe(true)
      expect(await same(row(ordered, 1), row(other, 2), keys)).toBe(false)
      expect(await same(row(null, null), row(null, null), keys)).toBe(true)
      expect(await same(row(null, null), row(other, null), keys)).toBe(false)
    }
  })
})

test("columns that a side lacks or has with another type are told, and the others compared", async () => {
  const left = await stored({ id: t.int64, name: t.string, old: t.string }, [{ id: 1, name: "a", old: "x" }])
  const right = await stored({ ID: t.int64, name: t.int32, added: t.date }, [{ ID: 1, name: 1, added: null }])
  const options = { samples: 10, signal, keys: ["id"] }
  expect(await frame(columns).compare(left, right, async () => session, options)).toMatchObject({
    equal: false,
    schema: [
      { column: "name", left: "string", right: "int" },
      { column: "old", left: "string", right: null },
      { column: "added", left: null, right: "date" },
    ],
    added: 0,
    removed: 0,
    changed: 0,
  })
  const strange = await stored({ else: t.int64 }, [{ else: 1 }])
  const found = await frame(columns).compare(left, strange, async () => session, options)
  expect(found).toMatchObject({ equal: false, rows: { left: 1, right: 1 }, added: 1, removed: 1 })
})
