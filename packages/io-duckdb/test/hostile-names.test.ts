import type { Schema } from "@assets/dataframe"
import fc from "fast-check"
import { expect, test } from "vitest"
import { currentOf, load, openStorage, rowsOf, type Storage, write } from "./file-storage.ts"
import { numberColumns, numbers, schema } from "./tables.ts"

const reserved = [
  "main",
  "MAIN",
  "information_schema",
  "pg_catalog",
  "temp",
  "system",
  "memory",
  "select",
  "table",
  "order",
  "null",
  "assets_",
  "-",
  "--",
  "a.b",
  "1",
  "...",
  "o-k",
  "x".repeat(255),
]
const segment = fc.oneof(
  fc.constantFrom(...reserved),
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/).filter(text => !/^(\.|\.\.|_.*|latest)$/i.test(text)),
)
const keys = fc.array(segment, { minLength: 1, maxLength: 4 }).map(segments => segments.join("/"))
/** Keys as a project may have them together: none equal but for its case, none a prefix of another. */
const projects = fc
  .uniqueArray(keys, { minLength: 1, maxLength: 5, selector: key => key.toLowerCase() })
  .filter(all =>
    all.every(key => !all.some(other => other !== key && other.toLowerCase().startsWith(`${key.toLowerCase()}/`))),
  )
const nasty = [
  '\'; DROP TABLE "marts"."kept"; --',
  '"',
  "''",
  "\0",
  "a\0b",
  "\n",
  "\r\n\t",
  "../..",
  "$1",
  "?",
  "\\",
  "ü",
  "İ",
  "🎉",
  " ",
  "x".repeat(10_000),
  "NULL",
  "%",
  "all",
]
const partitions = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ minLength: 1, unit: "binary", maxLength: 30 }).filter(text => Buffer.from(text).toString() === text),
)
const columnNames = fc
  .oneof(
    fc.constantFrom(
      ...nasty.filter(name => !name.includes("\0")),
      "rowid",
      "_id",
      "select",
      "source",
      "written",
      "unsorted",
      "n.m",
    ),
    fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" }),
  )
  .filter(name => !name.includes("\0") && name.toLowerCase() !== "_partition")

const kept = { key: "the/kept", partitions: ["kept"] }

async function openWithKept(): Promise<Storage> {
  const storage = await openStorage()
  await write(storage, numbers(7), kept)
  return storage
}

async function expectKept(storage: Storage): Promise<void> {
  const [current, ...others] = await currentOf(storage, kept.key)
  expect([current?.intact, others.length]).toEqual([true, 0])
  if (current) expect(await rowsOf(storage, await load(storage, [current.materialization], ["kept"]))).toHaveLength(7)
}

test("keys of any allowed name are stored side by side", async () => {
  const storage = await openWithKept()
  await fc.assert(
    fc.asyncProperty(projects, async project => {
      const mine = project.filter(
        key => !`${kept.key}/`.startsWith(`${key.toLowerCase()}/`) && !key.toLowerCase().startsWith(`${kept.key}/`),
      )
      const records = []
      for (const [i, key] of mine.entries()) records.push(await write(storage, numbers(i + 1), { key }))
      for (const [i, record] of records.entries())
        expect(await rowsOf(storage, await load(storage, [record]))).toHaveLength(i + 1)
      const [first] = mine
      if (first !== undefined)
        await storage.io.remove?.({
          base: storage.base,
          signal: new AbortController().signal,
          expand: text => text,
          key: first,
        })
      for (const [i, key] of mine.entries()) {
        expect((await currentOf(storage, key)).map(one => one.intact)).toEqual(i === 0 ? [] : [true])
      }
      for (const key of mine)
        await storage.io.remove?.({
          base: storage.base,
          signal: new AbortController().signal,
          expand: text => text,
          key,
        })
    }),
    { numRuns: 12 },
  )
  await expectKept(storage)
})

test("partition keys of any text are told apart, and touch nothing else", async () => {
  const storage = await openWithKept()
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(partitions, { minLength: 1, maxLength: 3 }), async all => {
      const mine = all.filter(part => part !== "kept")
      const key = "the/parts"
      for (const [i, part] of mine.entries()) await write(storage, numbers(i + 1), { key, partitions: [part] })
      const current = await currentOf(storage, key)
      for (const [i, part] of mine.entries()) {
        const found = current.find(one => one.partition === part)
        expect(found?.materialization.partitions).toEqual([part])
        if (found)
          expect(await rowsOf(storage, await load(storage, [found.materialization], [part]))).toHaveLength(i + 1)
      }
      for (const [i, part] of mine.entries()) {
        const json = await write(storage, { kind: "json", value: i }, { key: "the/json", partitions: [part] })
        expect(await load(storage, [json], [part])).toEqual({ kind: "json", value: i })
      }
    }),
    { numRuns: 12 },
  )
  await expectKept(storage)
})

test("columns of any name are given back, also added to and merged", async () => {
  const storage = await openWithKept()
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(columnNames, { minLength: 1, maxLength: 4, selector: name => name.toLowerCase() }),
      async names => {
        const columns: Schema = schema(Object.fromEntries(names.map(name => [name, "string"])))
        const values = (text: string) =>
          ({
            kind: "relation",
            relation: { kind: "values", rows: [names.map(() => text)], schema: columns },
            schema: columns,
          }) as const
        const key = "the/columns"
        await write(storage, values("first"), { key })
        await write(storage, values("added"), { key, write: "append", layout: { sortBy: names } })
        const record = await write(storage, values("added"), { key, write: { merge: names } })
        const rows = await rowsOf(storage, await load(storage, [record], [], columns))
        expect(rows.map(row => names.map(name => row[name])).sort()).toEqual([
          names.map(() => "added"),
          names.map(() => "first"),
        ])
        expect(record.columns?.map(column => column.name) ?? names).toEqual(names)
      },
    ),
    { numRuns: 15 },
  )
  await expectKept(storage)
})

test("names that DuckDB has not are refused", async () => {
  const storage = await openStorage()
  for (const name of ["", "a\0b", "_PARTITION"]) {
    const columns = schema({ [name]: "int64" })
    const value = {
      kind: "relation",
      relation: { kind: "values", rows: [], schema: columns },
      schema: columns,
    } as const
    await expect(write(storage, value)).rejects.toMatchObject({
      code: "ENVIRONMENT_UNSUPPORTED",
      details: { column: name },
    })
  }
})

test("a key of which only the case changed takes the place of the former one", async () => {
  const storage = await openStorage()
  await write(storage, numbers(2), { key: "marts/Case" })
  const record = await write(storage, numbers(3), { key: "marts/case" })
  expect(await currentOf(storage, "marts/Case")).toEqual([])
  expect(await rowsOf(storage, await load(storage, [record], [], numberColumns))).toHaveLength(3)
})
