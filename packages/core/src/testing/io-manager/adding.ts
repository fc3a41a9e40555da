import { deepStrictEqual, notStrictEqual, rejects, strictEqual } from "node:assert/strict"
import type { Materialization } from "../../io/io-manager.ts"
import { numbered, row } from "./case-rows.ts"
import { leaseLost } from "./failures.ts"
import {
  type ConformanceCase,
  type ConformanceNeed,
  caseKey,
  type StorageUnderTest,
  storageCase,
} from "./storage-case.ts"

const addingCase = (
  theme: "append" | "merge",
  name: string,
  body: (storage: StorageUnderTest) => Promise<void>,
  needs: readonly ConformanceNeed[] = theme === "merge" ? ["merge"] : [],
) => storageCase(theme, name, body, needs)

function append(storage: StorageUnderTest, ids: readonly number[], fingerprint: string): Promise<Materialization> {
  return storage.write(storage.fixture.batches(numbered(ids, fingerprint)), { write: "append", fingerprint })
}

const merge = { write: { merge: ["id"] } } as const

async function told(storage: StorageUnderTest, partitions: readonly string[] = []): Promise<string[]> {
  return (await storage.rows(caseKey, partitions)).map(one => `${one.id} ${one.name}`).sort()
}

const refuse = () => {
  throw new Error("refused")
}

const appendCases: readonly ConformanceCase[] = [
  addingCase("append", "adds rows to those that are there", async storage => {
    await append(storage, [1, 2], "a")
    await storage.write(storage.fixture.relation(numbered([1], "b")), { write: "append", fingerprint: "b" })
    deepStrictEqual(await told(storage), ["1 a", "1 b", "2 a"])
    await storage.write(storage.fixture.relation(numbered([9], "z")), { fingerprint: "z" })
    deepStrictEqual(await told(storage), ["9 z"])
  }),
  addingCase("append", "adds the same work once", async storage => {
    const first = await append(storage, [1], "a")
    const again = await append(storage, [1], "a")
    strictEqual(again.id, first.id)
    deepStrictEqual(await storage.currentIds(), { "": first.id })
    deepStrictEqual(await told(storage), ["1 a"])
  }),
  addingCase("append", "adds no work again that was added before another", async storage => {
    await append(storage, [1], "a")
    const b = await append(storage, [2], "b")
    const again = await append(storage, [1], "a")
    strictEqual(again.id, b.id)
    deepStrictEqual(await told(storage), ["1 a", "2 b"])
    const [current] = await storage.current()
    deepStrictEqual([...(current?.applied ?? [])].sort(), ["a", "b"])
  }),
  addingCase("append", "adds work again when it is to be reapplied", async storage => {
    const first = await append(storage, [1], "a")
    const value = storage.fixture.batches(numbered([1], "a"))
    const again = await storage.write(value, { write: "append", fingerprint: "a", reapply: true })
    notStrictEqual(again.id, first.id)
    deepStrictEqual(await told(storage), ["1 a", "1 a"])
  }),
  addingCase("append", "adds nothing where there are no rows, and remembers the work", async storage => {
    await append(storage, [1], "a")
    await append(storage, [], "empty")
    deepStrictEqual(await told(storage), ["1 a"])
    deepStrictEqual((await storage.current())[0]?.applied?.has("empty"), true)
  }),
  addingCase("append", "begins anew with an overwrite", async storage => {
    await append(storage, [1], "a")
    await storage.write(storage.fixture.relation(numbered([5], "whole")), { fingerprint: "whole" })
    strictEqual((await storage.current())[0]?.applied?.has("a") ?? false, false)
    await append(storage, [1], "a")
    deepStrictEqual(await told(storage), ["1 a", "5 whole"])
  }),
  addingCase("append", "adds to one partition and leaves the others", async storage => {
    for (const [part, fingerprint] of [
      ["p", "a"],
      ["q", "b"],
      ["p", "c"],
      ["q", "b"],
    ] as const) {
      const value = storage.fixture.relation([row(1, fingerprint, 1, part)])
      await storage.write(value, { write: "append", fingerprint, partitions: [part] })
    }
    deepStrictEqual(await told(storage, ["p"]), ["1 a", "1 c"])
    deepStrictEqual(await told(storage, ["q"]), ["1 b"])
  }),
  addingCase("append", "adds nothing when the write fails, and does not remember it", async storage => {
    const { fixture } = storage
    const first = await append(storage, [1], "a")
    const request = { write: "append", fingerprint: "b" } as const
    await rejects(storage.write(fixture.failing(), request))
    await rejects(storage.write(fixture.batches(numbered([2], "b")), { ...request, onApprove: refuse }), /refused/)
    const lost = storage.write(fixture.batches(numbered([2], "b")), { ...request, commit: leaseLost })
    await rejects(lost, { code: "LEASE_LOST" })
    deepStrictEqual(await storage.currentIds(), { "": first.id })
    await append(storage, [2], "b")
    deepStrictEqual(await told(storage), ["1 a", "2 b"])
  }),
  addingCase("append", "adds once what another manager added", async storage => {
    await append(storage, [1], "a")
    await storage.another(second => append(second, [1], "a"))
    await storage.another(second => append(second, [2], "b"))
    await append(storage, [2], "b")
    deepStrictEqual(await told(storage), ["1 a", "2 b"])
  }),
  addingCase(
    "append",
    "adds once what another process added",
    async storage => {
      const write = { key: caseKey, partitions: [], fingerprint: "b", write: "append" } as const
      await append(storage, [1], "a")
      await storage.fixture.writeElsewhere?.({ ...write, rows: numbered([2], "b") })
      await append(storage, [2], "b")
      deepStrictEqual(await told(storage), ["1 a", "2 b"])
    },
    ["writeElsewhere"],
  ),
]

const mergeCases: readonly ConformanceCase[] = [
  addingCase("merge", "puts rows in the place of those with their key, and adds the new ones", async storage => {
    await storage.write(storage.fixture.relation(numbered([1, 2], "a")), { ...merge, fingerprint: "a" })
    await storage.write(storage.fixture.batches(numbered([1, 3], "b")), { ...merge, fingerprint: "b" })
    deepStrictEqual(await told(storage), ["1 b", "2 a", "3 b"])
  }),
  addingCase("merge", "merges the same work once", async storage => {
    await storage.write(storage.fixture.relation(numbered([1], "a")), { ...merge, fingerprint: "a" })
    const b = await storage.write(storage.fixture.relation(numbered([1], "b")), { ...merge, fingerprint: "b" })
    const again = await storage.write(storage.fixture.relation(numbered([1], "a")), { ...merge, fingerprint: "a" })
    strictEqual(again.id, b.id)
    deepStrictEqual(await told(storage), ["1 b"])
  }),
  addingCase("merge", "takes a null key for no other's, as SQL does", async storage => {
    const byName = { write: { merge: ["name"] } } as const
    await storage.write(storage.fixture.relation([row(1, null, 1), row(2, "x", 2)]), { ...byName, fingerprint: "a" })
    await storage.write(storage.fixture.relation([row(3, null, 3), row(4, "x", 4)]), { ...byName, fingerprint: "b" })
    deepStrictEqual(await storage.rows(), [row(1, null, 1), row(3, null, 3), row(4, "x", 4)])
  }),
  addingCase("merge", "merges by several columns", async storage => {
    const byBoth = { write: { merge: ["id", "name"] } } as const
    await storage.write(storage.fixture.relation([row(1, "x", 1), row(1, "y", 1)]), { ...byBoth, fingerprint: "a" })
    await storage.write(storage.fixture.relation([row(1, "y", 2)]), { ...byBoth, fingerprint: "b" })
    deepStrictEqual((await storage.rows()).map(one => `${one.name} ${one.value}`).sort(), ["x 1", "y 2"])
  }),
  addingCase("merge", "keeps the former rows when the merge is not approved", async storage => {
    await storage.write(storage.fixture.relation(numbered([1, 2], "a")), { ...merge, fingerprint: "a" })
    const value = storage.fixture.relation(numbered([1], "b"))
    await rejects(storage.write(value, { ...merge, fingerprint: "b", onApprove: refuse }), /refused/)
    deepStrictEqual(await told(storage), ["1 a", "2 a"])
    await storage.write(value, { ...merge, fingerprint: "b" })
    deepStrictEqual(await told(storage), ["1 b", "2 a"])
  }),
]

/** Rows that come to those that are there: exactly once. */
export const addingCases: readonly ConformanceCase[] = [...appendCases, ...mergeCases]
