import { deepStrictEqual, ok } from "node:assert/strict"
import type { Written } from "../../io/io-manager.ts"
import { others, row, some } from "./case-rows.ts"
import type { ConformanceRow } from "./fixture.ts"
import { type ConformanceCase, type StorageUnderTest, storageCase } from "./storage-case.ts"

const valueCase = (name: string, body: (storage: StorageUnderTest) => Promise<void>) =>
  storageCase("values", name, body)

const extremes = [
  row(Number.MIN_SAFE_INTEGER, "", 0),
  row(-1, " ", -0),
  row(0, "a\u0000b", Number.POSITIVE_INFINITY),
  row(1, "'\"\\\n\t%_;--", Number.NEGATIVE_INFINITY),
  row(2, "grüße 世界 🎉 \u202Eabc", Number.NaN),
  row(3, "null", 5e-324),
  row(4, null, null),
  row(Number.MAX_SAFE_INTEGER, "x".repeat(70_000), 1.7976931348623157e308),
]
/** SQL takes -0 and 0 for equal, and so do stores that keep equal neighbours once. */
const numberOf = ({ id, value }: ConformanceRow) => [id, value === 0 ? 0 : value]
const allNull = [row(1, null, null), row(2, null, null)]

/** What goes in comes out. */
export const valueCases: readonly ConformanceCase[] = [
  valueCase("gives back what the engine computed", async storage => {
    await storage.write(storage.fixture.relation(some))
    deepStrictEqual(await storage.rows(), some)
  }),
  valueCase("gives back what TypeScript made", async storage => {
    await storage.write(storage.fixture.batches(some))
    deepStrictEqual(await storage.rows(), some)
  }),
  valueCase("gives back empty text, text of any script, and what would end a statement", async storage => {
    await storage.write(storage.fixture.batches(extremes))
    deepStrictEqual(
      (await storage.rows()).map(one => one.name),
      extremes.map(one => one.name),
    )
  }),
  valueCase("gives back NaN, infinities and the least and greatest numbers", async storage => {
    await storage.write(storage.fixture.batches(extremes))
    deepStrictEqual((await storage.rows()).map(numberOf), extremes.map(numberOf))
  }),
  valueCase("gives back columns that are null throughout", async storage => {
    await storage.write(storage.fixture.batches(allNull))
    deepStrictEqual(await storage.rows(), allNull)
    await storage.write(storage.fixture.relation(allNull))
    deepStrictEqual(await storage.rows(), allNull)
  }),
  valueCase("keeps an empty table with its columns, computed by the engine", async storage => {
    const { rows } = await storage.write(storage.fixture.relation([]))
    deepStrictEqual(await storage.rows(), [])
    ok(rows === undefined || rows === 0)
  }),
  valueCase("keeps an empty table with its columns, made in TypeScript", async storage => {
    await storage.write(storage.fixture.batches([]))
    deepStrictEqual(await storage.rows(), [])
  }),
  valueCase("gives no rows where nothing is to be read", async storage => {
    deepStrictEqual(await storage.fixture.read(await storage.load([])), [])
  }),
  valueCase("gives back a JSON value", async storage => {
    const value = { list: [1, "two", null, { deep: true }], "quote's": "\u0000\n😀", __proto: { a: 1 } }
    const record = await storage.write({ kind: "json", value })
    deepStrictEqual(await storage.load([record]), { kind: "json", value })
  }),
  valueCase("tells JSON values apart that are easily taken for nothing", async storage => {
    for (const value of [null, false, 0, "", [], {}, "null"]) {
      const record = await storage.write({ kind: "json", value })
      deepStrictEqual(await storage.load([record]), { kind: "json", value })
    }
  }),
  valueCase("keeps the record of a value that stores itself", async storage => {
    const record = await storage.write({ kind: "nothing" })
    const [current] = await storage.current()
    deepStrictEqual([current?.materialization.id, current?.intact], [record.id, true])
    deepStrictEqual((await storage.load([record])).kind, "nothing")
  }),
  valueCase("replaces a table by a JSON value and back", async storage => {
    await storage.write(storage.fixture.relation(some))
    const json = await storage.write({ kind: "json", value: 1 })
    deepStrictEqual(await storage.load([json]), { kind: "json", value: 1 })
    await storage.write(storage.fixture.relation(others))
    deepStrictEqual(await storage.rows(), others)
  }),
  valueCase("tells rows and bytes of the write", async storage => {
    let seen: Written["result"]
    const onApprove = (written: Written) => {
      seen = written.result
    }
    await storage.write(storage.fixture.relation(some), { onApprove })
    deepStrictEqual([seen?.rows, Number.isInteger(seen?.bytes)], [3, true])
  }),
  valueCase("gives back 100,000 rows", async storage => {
    const many = Array.from({ length: 100_000 }, (_, i) => row(i, `row ${i % 97}`, i / 4))
    await storage.write(storage.fixture.batches(many))
    const rows = await storage.rows()
    deepStrictEqual([rows.length, rows[0], rows[54_321], rows.at(-1)], [100_000, many[0], many[54_321], many.at(-1)])
  }),
]
