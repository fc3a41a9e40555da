import { deepStrictEqual } from "node:assert/strict"
import type { ConformanceTable } from "./fixture.ts"
import { type CaseWrite, type ConformanceCase, caseKey, type StorageUnderTest, storageCase } from "./storage-case.ts"

type MadeBy = "typescript" | "engine"

async function writeTable(storage: StorageUnderTest, table: ConformanceTable, madeBy: MadeBy, request?: CaseWrite) {
  const value = await storage.fixture.tables?.value(table, madeBy)
  if (!value) throw new Error("the case needs tables")
  return storage.write(value, request)
}

async function readTable(storage: StorageUnderTest, table: ConformanceTable, partitions: readonly string[] = []) {
  const { tables } = storage.fixture
  const current = (await storage.current()).filter(
    one => partitions.length === 0 || partitions.includes(one.partition ?? ""),
  )
  const records = current.map(one => one.materialization)
  return tables?.read(await storage.load(records, partitions, tables.schema(table)), table)
}

const tableCase = (theme: string, name: string, body: (storage: StorageUnderTest) => Promise<void>) =>
  storageCase(theme, name, body, ["tables"])

/** A table with one column of a type, the values and a null in it. */
function ofType(type: string, values: readonly unknown[]): ConformanceTable {
  return { columns: { id: "bigint", c: type }, rows: [...values, null].map((c, i) => ({ id: BigInt(i), c })) }
}

/** For each type, values of which something is easily lost. */
const types: readonly (readonly [type: string, values: readonly unknown[]])[] = [
  ["boolean", [true, false]],
  ["tinyint", [-128, 127, 0]],
  ["smallint", [-32_768, 32_767]],
  ["int", [-2_147_483_648, 2_147_483_647]],
  ["bigint", [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n]],
  ["float", [Number.NaN, Number.POSITIVE_INFINITY, Math.fround(0.1)]],
  ["double", [Number.NaN, Number.NEGATIVE_INFINITY, 5e-324, 0.1]],
  ["decimal(9,2)", ["-9999999.99", "0.01", "0.00"]],
  ["decimal(38,10)", [`-${"9".repeat(28)}.${"9".repeat(10)}`, "0.0000000001"]],
  ["string", ["", "a text of more than twelve bytes", "grüße 世界 🎉", "'\"\n\\"]],
  ["binary", [new Uint8Array(), Uint8Array.from([0, 255, 39]), new Uint8Array(40).fill(200)]],
  ["date", ["0001-01-01", "1969-12-31", "9999-12-31"]],
  ["timestamp", ["2024-03-31T01:30:00.000001Z", "1969-12-31T23:59:59.999999Z"]],
  ["timestamp_ntz", ["2024-03-31T01:30:00.000001", "1969-12-31T23:59:59.999999"]],
  ["array<string>", [[], ["a", null, "a text of more than twelve bytes"], [null]]],
  [
    "struct<x:double,y:array<int>>",
    [
      { x: Number.NaN, y: [1, null] },
      { x: null, y: null },
    ],
  ],
  ["map<string,bigint>", [new Map(), new Map<string, unknown>([["k", 1n]]), new Map([["n", null]])]],
]

const typeCases = types.map(([type, values]) =>
  tableCase("types", `gives back ${type}, from TypeScript and from the engine`, async storage => {
    const table = ofType(type, values)
    for (const madeBy of ["typescript", "engine"] as const) {
      await writeTable(storage, table, madeBy)
      deepStrictEqual([madeBy, await readTable(storage, table)], [madeBy, table.rows])
    }
  }),
)

const hostileNames = [
  "select",
  "a b",
  "o'b \"q",
  "ü",
  "100%",
  "a.b",
  "x; DROP TABLE y --",
  "$1",
  "a\\b",
  "rowid",
  "all",
]
const hostile: ConformanceTable = {
  columns: Object.fromEntries([["id", "bigint"], ...hostileNames.map(name => [name, "string"])]),
  rows: [1, 2].map(id =>
    Object.fromEntries([["id", BigInt(id)], ...hostileNames.map(name => [name, `${name} ${id}`])]),
  ),
}

const former: ConformanceTable = { columns: { id: "bigint", a: "string", b: "int" }, rows: [{ id: 1n, a: "x", b: 1 }] }
const changes: readonly (readonly [what: string, table: ConformanceTable])[] = [
  ["added", { columns: { ...former.columns, c: "double" }, rows: [{ id: 2n, a: "y", b: 2, c: 0.5 }] }],
  ["removed", { columns: { id: "bigint", b: "int" }, rows: [{ id: 2n, b: 2 }] }],
  ["retyped", { columns: { id: "bigint", a: "bigint", b: "string" }, rows: [{ id: 2n, a: 5n, b: "now text" }] }],
  ["put in another order", { columns: { id: "bigint", b: "int", a: "string" }, rows: [{ id: 2n, b: 2, a: "y" }] }],
]

const changeCases = changes.map(([what, table]) =>
  tableCase("columns", `takes a table whose columns were ${what}`, async storage => {
    await writeTable(storage, former, "engine")
    await writeTable(storage, table, "engine")
    deepStrictEqual(await readTable(storage, table), table.rows)
    await writeTable(storage, former, "typescript")
    deepStrictEqual(await readTable(storage, former), former.rows)
  }),
)

/** Columns of each type and of any name, and those that changed. */
export const columnCases: readonly ConformanceCase[] = [
  ...typeCases,
  tableCase("columns", "keeps columns of any name", async storage => {
    for (const madeBy of ["typescript", "engine"] as const) {
      await writeTable(storage, hostile, madeBy)
      deepStrictEqual(await readTable(storage, hostile), hostile.rows)
    }
  }),
  tableCase("columns", "keeps columns of any name in a partition", async storage => {
    await writeTable(storage, hostile, "engine", { partitions: ["it's"] })
    deepStrictEqual(await readTable(storage, hostile, ["it's"]), hostile.rows)
  }),
  tableCase("columns", "keeps a table of 200 columns", async storage => {
    const names = Array.from({ length: 200 }, (_, i) => `c${i}`)
    const wide: ConformanceTable = {
      columns: Object.fromEntries([["id", "bigint"], ...names.map(name => [name, "double"])]),
      rows: [Object.fromEntries([["id", 1n], ...names.map((name, i) => [name, i])])],
    }
    await writeTable(storage, wide, "typescript")
    deepStrictEqual(await readTable(storage, wide), wide.rows)
  }),
  ...changeCases,
  tableCase("columns", "takes a partition whose columns were added, and leaves the others readable", async storage => {
    const [, added] = changes[0] ?? []
    if (!added) throw new Error("the change is among those above")
    await writeTable(storage, former, "engine", { partitions: ["a"] })
    await writeTable(storage, added, "engine", { partitions: ["b"] })
    deepStrictEqual(await readTable(storage, added, ["b"]), added.rows)
    deepStrictEqual(await readTable(storage, former, ["a"]), former.rows)
  }),
  tableCase("columns", "keeps the former columns when a write with other ones is refused", async storage => {
    const [, retyped] = changes[2] ?? []
    if (!retyped) throw new Error("the change is among those above")
    const record = await writeTable(storage, former, "engine")
    const refuse = () => {
      throw new Error("refused")
    }
    await writeTable(storage, retyped, "engine", { onApprove: refuse }).then(
      () => Promise.reject(new Error("what was refused was stored")),
      () => {},
    )
    deepStrictEqual(await storage.currentIds(caseKey), { "": record.id })
    deepStrictEqual(await readTable(storage, former), former.rows)
  }),
]
