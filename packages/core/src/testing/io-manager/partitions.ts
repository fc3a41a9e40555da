import { deepStrictEqual, rejects } from "node:assert/strict"
import { AssetsError } from "../../errors/assets-error.ts"
import type { Materialization } from "../../io/io-manager.ts"
import { inPart, row } from "./case-rows.ts"
import { type ConformanceCase, caseKey, type StorageUnderTest, storageCase } from "./storage-case.ts"

const partitionCase = (name: string, body: (storage: StorageUnderTest) => Promise<void>) =>
  storageCase("partitions", name, body)

const hostile = [
  "o'brien",
  "../../escape",
  "a/b",
  "ü",
  "x".repeat(200),
  '"quoted"',
  "100%",
  "null",
  ".",
  " blank ",
  "all",
  "a\\b",
  "2026-01-05",
  "a|b",
  "A",
  "%41",
  "\u0000",
  "'; DROP TABLE x; --",
]
const shown = (part: string) =>
  JSON.stringify(part.length > 20 ? `${part.slice(0, 5)}… of ${part.length} characters` : part)

/** One slice beside the other. */
export const partitionCases: readonly ConformanceCase[] = [
  partitionCase("keeps partitions side by side", async storage => {
    const { fixture } = storage
    await storage.write(fixture.relation(inPart("a")), { partitions: ["a"] })
    await storage.write(fixture.batches(inPart("b")), { partitions: ["b"] })
    deepStrictEqual(Object.keys(await storage.currentIds()), ["a", "b"])
    deepStrictEqual(await storage.rows(caseKey, ["a"]), inPart("a"))
    deepStrictEqual(await storage.rows(caseKey, ["b"]), inPart("b"))
  }),
  partitionCase("gives a range of partitions as one table", async storage => {
    const parts = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    for (const [i, part] of parts.entries())
      await storage.write(storage.fixture.relation([row(i, part, i, part)]), { partitions: [part] })
    const names = async (wanted: readonly string[]) => (await storage.rows(caseKey, wanted)).map(one => one.part)
    deepStrictEqual(await names(parts.slice(1, 3)), parts.slice(1, 3))
    deepStrictEqual(await names([parts[0] ?? "", parts[3] ?? ""]), [parts[0], parts[3]])
    deepStrictEqual(await names(parts), parts)
  }),
  partitionCase("replaces one partition and leaves the others", async storage => {
    const { fixture } = storage
    await storage.write(fixture.relation(inPart("a")), { partitions: ["a"] })
    const b = await storage.write(fixture.relation(inPart("b")), { partitions: ["b"] })
    await storage.write(fixture.relation([row(9, "new", 9, "a")]), { partitions: ["a"] })
    deepStrictEqual(await storage.rows(caseKey, ["a"]), [row(9, "new", 9, "a")])
    deepStrictEqual(await storage.rows(caseKey, ["b"]), inPart("b"))
    deepStrictEqual((await storage.currentIds()).b, b.id)
  }),
  partitionCase("tells of the partitions that it is asked for", async storage => {
    const { fixture, io } = storage
    const a = await storage.write(fixture.relation(inPart("a")), { partitions: ["a"] })
    await storage.write(fixture.relation(inPart("b")), { partitions: ["b"] })
    const whole = await storage.write(fixture.relation(inPart("c")), { key: "marts/whole" })
    const asked = async (key: string, partition: string | null) =>
      (await io.current(storage.context(), [key], [partition]))
        .get(key)
        ?.filter(one => one.partition === partition)
        .map(one => one.materialization.id)
    deepStrictEqual(await asked(caseKey, "a"), [a.id])
    deepStrictEqual((await asked(caseKey, "none")) ?? [], [])
    deepStrictEqual(await asked("marts/whole", null), [whole.id])
  }),
  partitionCase("keeps an empty partition", async storage => {
    await storage.write(storage.fixture.relation([]), { partitions: ["a"] })
    await storage.write(storage.fixture.batches([]), { partitions: ["b"] })
    await storage.write(storage.fixture.relation(inPart("c")), { partitions: ["c"] })
    deepStrictEqual(await storage.rows(caseKey, ["a"]), [])
    deepStrictEqual(await storage.rows(caseKey, ["b"]), [])
    deepStrictEqual(Object.keys(await storage.currentIds()), ["a", "b", "c"])
  }),
  partitionCase("keeps a JSON value for each partition", async storage => {
    const a = await storage.write({ kind: "json", value: { n: 1 } }, { partitions: ["a"] })
    await storage.write({ kind: "json", value: null }, { partitions: ["b"] })
    deepStrictEqual(await storage.load([a], ["a"]), { kind: "json", value: { n: 1 } })
    deepStrictEqual(Object.keys(await storage.currentIds()), ["a", "b"])
  }),
  partitionCase("gives the JSON values of several partitions by their keys", async storage => {
    const records: Materialization[] = []
    for (const [i, part] of ["a", "it's"].entries())
      records.push(await storage.write({ kind: "json", value: [i] }, { partitions: [part] }))
    const value = { a: [0], "it's": [1] }
    deepStrictEqual(await storage.load(records, ["a", "it's"]), { kind: "json", value })
  }),
  partitionCase("keeps a partition's former value when its write fails", async storage => {
    const { fixture } = storage
    await storage.write(fixture.relation(inPart("a")), { partitions: ["a"] })
    await storage.write(fixture.relation(inPart("b")), { partitions: ["b"] })
    await rejects(storage.write(fixture.failing(), { partitions: ["a"] }))
    deepStrictEqual(await storage.rows(caseKey, ["a"]), inPart("a"))
    deepStrictEqual(await storage.rows(caseKey, ["b"]), inPart("b"))
  }),
  partitionCase("takes two partitions written at once", async storage => {
    await Promise.all(
      ["a", "b"].map(part => storage.write(storage.fixture.relation(inPart(part)), { partitions: [part] })),
    )
    deepStrictEqual(await storage.rows(caseKey, ["a"]), inPart("a"))
    deepStrictEqual(await storage.rows(caseKey, ["b"]), inPart("b"))
  }),
  partitionCase("takes several partitions in one write, or refuses them before it changes anything", async storage => {
    const parts = ["a", "b", "c"]
    const former = await storage.write(storage.fixture.relation(inPart("b")), { partitions: ["b"] })
    const rows = parts.map((part, i) => row(i, part, i, part))
    try {
      const record = await storage.write(storage.fixture.relation(rows), { partitions: parts })
      deepStrictEqual(await storage.currentIds(), { a: record.id, b: record.id, c: record.id })
      deepStrictEqual(await storage.rows(caseKey, parts), rows)
    } catch (error) {
      if (!(error instanceof AssetsError) || error.code !== "ENVIRONMENT_UNSUPPORTED") throw error
      deepStrictEqual(await storage.currentIds(), { b: former.id })
      deepStrictEqual(await storage.rows(caseKey, ["b"]), inPart("b"))
    }
  }),
  partitionCase("keeps 500 partitions", async storage => {
    const parts = Array.from({ length: 500 }, (_, i) => `p${String(i).padStart(3, "0")}`)
    for (const [i, part] of parts.entries())
      await storage.write(storage.fixture.batches([row(i, null, i, part)]), { partitions: [part] })
    deepStrictEqual(Object.keys(await storage.currentIds()), parts)
    deepStrictEqual((await storage.rows(caseKey, parts)).length, 500)
    deepStrictEqual(await storage.rows(caseKey, ["p321"]), [row(321, null, 321, "p321")])
  }),
  ...hostile.map(part =>
    partitionCase(`keeps the partition ${shown(part)}`, async storage => {
      await storage.write(storage.fixture.relation(inPart(part)), { partitions: [part] })
      await storage.write(storage.fixture.relation(inPart("other")), { partitions: ["other"] })
      deepStrictEqual(await storage.rows(caseKey, [part]), inPart(part))
      deepStrictEqual(Object.keys(await storage.currentIds()).sort(), [part, "other"].sort())
    }),
  ),
  partitionCase("tells partitions apart that differ only in case or in spelling", async storage => {
    const parts = ["a", "A", "%61", "a ", "a/"]
    for (const [i, part] of parts.entries())
      await storage.write(storage.fixture.relation([row(i, part, i)]), { partitions: [part] })
    for (const [i, part] of parts.entries()) deepStrictEqual(await storage.rows(caseKey, [part]), [row(i, part, i)])
  }),
]
