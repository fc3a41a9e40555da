import { type RecordBatch, Table, tableFromArrays, tableFromJSON, Utf8 } from "apache-arrow"
import { describe, expect, test } from "vitest"
import { frame } from "../src/frame.ts"
import { t } from "../src/schema/t.ts"
import { outputBatches } from "../src/session/output-batches.ts"
import { rowsOf } from "../src/session/row-reader.ts"

const everything = {
  flag: t.boolean,
  tiny: t.int8,
  small: t.int16,
  int: t.int32,
  big: t.int64,
  single: t.float32,
  double: t.float64,
  price: t.decimal(38, 4),
  text: t.string,
  bytes: t.binary,
  day: t.date,
  at: t.timestamp,
  wall: t.timestampNtz,
  list: t.array(t.array(t.int64)),
  place: t.struct({ city: t.string, at: t.struct({ lat: t.float64 }) }),
  scores: t.map(t.string, t.array(t.int32)),
}

const row = {
  flag: true,
  tiny: -128,
  small: 32767,
  int: -(2 ** 31),
  big: 2n ** 63n - 1n,
  single: 1.5,
  double: Number.NaN,
  price: "-9999999999999999999999999999999999.9999",
  text: "grüße 🦆",
  bytes: new Uint8Array([0, 255]),
  day: "0001-01-01",
  at: "2024-02-29T23:59:59.999999Z",
  wall: "1969-12-31T23:59:59.999999",
  list: [[1n, null], [], null],
  place: { city: null, at: { lat: -0 } },
  scores: new Map([
    ["a", [1, null]],
    ["b", null],
  ]),
}
const empty = Object.fromEntries(Object.keys(everything).map(name => [name, null]))

async function streamed(value: unknown, columns: Parameters<typeof frame>[0]) {
  const schema = frame(columns).schema()
  const output = outputBatches(value, schema)
  const batches: RecordBatch[] = []
  const rows: unknown[] = []
  for await (const batch of output.batches()) {
    batches.push(batch)
    rows.push(...rowsOf(batch, schema))
  }
  return { batches, rows, digest: output.digest() }
}

describe("rows made in TypeScript", () => {
  test("come back from Arrow as they were, each type, null and nested", async () => {
    const { rows } = await streamed([row, empty, row], everything)
    expect(rows).toEqual([row, empty, row])
  })

  test("may be dates, safe numbers for int64, and less exact text", async () => {
    const { rows } = await streamed(
      [{ big: 7, day: new Date("2024-01-01T23:00:00Z"), at: new Date(1), wall: new Date(1), price: "1.5" }],
      { big: t.int64, day: t.date, at: t.timestamp, wall: t.timestampNtz, price: t.decimal(10, 3) },
    )
    expect(rows).toEqual([
      {
        big: 7n,
        day: "2024-01-01",
        at: "1970-01-01T00:00:00.001000Z",
        wall: "1970-01-01T00:00:00.001000",
        price: "1.500",
      },
    ])
  })

  test("are plain text in Arrow, never a dictionary", async () => {
    const { batches } = await streamed([{ text: "a" }, { text: "a" }], { text: t.string })
    expect(batches[0]?.schema.fields[0]?.type).toBeInstanceOf(Utf8)
    expect(new Table(batches).numRows).toBe(2)
  })

  test("are streamed in batches from an async iterable, read no further than asked", async () => {
    let made = 0
    async function* many() {
      for (; made < 1_000_000; made++) yield { id: made, name: "n" }
    }
    const schema = frame({ id: t.int64, name: t.string }).schema()
    for await (const batch of outputBatches(many(), schema).batches()) {
      expect(batch.numRows).toBe(65_536)
      break
    }
    expect(made).toBeLessThan(70_000)
  })

  test("a frame of no rows has no batch", async () => {
    expect((await streamed([], everything)).rows).toEqual([])
  })

  const wrong: readonly (readonly [what: string, row: unknown, told: string])[] = [
    ["a missing column", { id: 1 }, "Row 1, column 'name': it has no value"],
    ["a misspelled column", { id: 1, nmae: "a" }, "and there is 'nmae'"],
    ["a further column", { id: 1, name: "a", more: 1 }, "Row 1, column 'more': the column is not declared"],
    ["a value of another type", { id: "1", name: "a" }, "Row 1, column 'id': \"1\" is not a bigint"],
    ["an unsafe number", { id: 2 ** 60, name: "a" }, "Row 1, column 'id'"],
    ["a fraction", { id: 1.5, name: "a" }, "Row 1, column 'id': 1.5 is not a bigint"],
    ["a bigint that is too large", { id: 2n ** 63n, name: "a" }, "Row 1, column 'id'"],
    ["no object", 3, "Row 1: it is of type number"],
    ["an array", [1, "a"], "Row 1: it is an array"],
    ["null", null, "Row 1: it is null"],
  ]
  for (const [what, bad, told] of wrong) {
    test(`are refused with ${what}, by row and column`, async () => {
      const rows = streamed([{ id: 1, name: "a" }, bad], { id: t.int64, name: t.string })
      await expect(rows).rejects.toMatchObject({ code: "FRAME_ROW_INVALID", message: expect.stringContaining(told) })
    })
  }

  const values: readonly (readonly [column: keyof typeof everything, value: unknown])[] = [
    ["flag", 1],
    ["tiny", 128],
    ["small", 40_000],
    ["int", 2 ** 31],
    ["double", "1"],
    ["price", 1.5],
    ["price", "1.23456"],
    ["price", "12345678901234567890123456789012345.1"],
    ["text", 1],
    ["bytes", "ab"],
    ["day", "2023-02-29"],
    ["day", new Date("never")],
    ["at", "2024-01-01T00:00:00"],
    ["wall", "2024-01-01T00:00:00Z"],
    ["list", [1]],
    ["place", { city: 1, at: null }],
    ["place", { town: "x" }],
    ["scores", { a: [1] }],
    ["scores", new Map([[null, [1]]])],
  ]
  for (const [column, value] of values) {
    test(`refuses ${String(value)} for ${everything[column]}`, async () => {
      await expect(streamed([{ [column]: value }], { [column]: everything[column] })).rejects.toMatchObject({
        code: "FRAME_ROW_INVALID",
        details: { row: 0, column },
      })
    })
  }

  test("are refused when they are no rows at all", () => {
    for (const value of [3, "text", null, undefined, { a: 1 }, new Map()]) {
      expect(() => outputBatches(value, frame({ a: t.int32 }).schema())).toThrow("rows")
    }
  })
})

describe("Arrow tables", () => {
  test("are taken in any order of columns, their dictionaries written out", async () => {
    const table = tableFromArrays({ id: BigInt64Array.of(1n, 2n), name: ["a", "b"] })
    const { rows, batches } = await streamed(table, { name: t.string, ID: t.int64 })
    expect(rows).toEqual([
      { name: "a", ID: 1n },
      { name: "b", ID: 2n },
    ])
    expect(batches[0]?.schema.fields[0]?.type).toBeInstanceOf(Utf8)
  })

  test("are taken as batches, too", async () => {
    const table = tableFromArrays({ id: Int32Array.of(1, 2) })
    async function* batches() {
      yield* table.batches
      yield* table.batches
    }
    expect((await streamed(batches(), { id: t.int32 })).rows).toHaveLength(4)
  })

  test("are refused with a missing or further column, or values of another type", async () => {
    const table = tableFromJSON([{ id: 1.5 }])
    await expect(streamed(table, { idd: t.float64 })).rejects.toMatchObject({ code: "FRAME_SCHEMA_MISMATCH" })
    await expect(streamed(table, { id: t.float64, name: t.string })).rejects.toThrow("'name' is missing")
    await expect(streamed(table, { id: t.int32 })).rejects.toThrow("Row 0, column 'id': 1.5 is not an int")
  })
})

describe("the digest of content", () => {
  const columns = { id: t.int64, name: t.string, x: t.float64 }
  const rows = Array.from({ length: 1000 }, (_, i) => ({
    id: i % 7 ? i : null,
    name: i % 5 ? `n${i}` : null,
    x: i / 3,
  }))
  const digestOf = async (value: unknown) => (await streamed(value, columns)).digest

  test("is of the values and their order, not of how they were cut into batches", async () => {
    const whole = (await streamed(rows, columns)).batches
    const parts = [
      ...(await streamed(rows.slice(0, 333), columns)).batches,
      ...(await streamed(rows.slice(333), columns)).batches,
    ]
    expect(await digestOf(rows)).toMatch(/^[0-9a-f]{64}$/)
    expect(await digestOf(whole)).toBe(await digestOf(rows))
    expect(await digestOf(parts)).toBe(await digestOf(rows))
    expect(await digestOf([...rows].reverse())).not.toBe(await digestOf(rows))
    expect(await digestOf(rows.map(row => ({ ...row, x: 0 })))).not.toBe(await digestOf(rows))
  })

  test("tells a null from an empty text, and values that are joined otherwise", async () => {
    const digest = (names: readonly (string | null)[]) =>
      streamed(
        names.map(name => ({ name })),
        { name: t.string },
      )
    const all = await Promise.all([digest(["ab", ""]), digest(["a", "b"]), digest(["ab", null]), digest(["", "ab"])])
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(4)
  })

  test("is not known before the stream was read to its end", async () => {
    const output = outputBatches(rows, frame(columns).schema())
    expect(output.digest()).toBeUndefined()
    for await (const _ of output.batches()) expect(output.digest()).toBeUndefined()
    expect(output.digest()).toBeDefined()
  })
})
