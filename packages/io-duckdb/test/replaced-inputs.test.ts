import { join } from "node:path"
import type { WriteMode } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import type { Relation } from "@assets/dataframe"
import { describe, expect, test } from "vitest"
import { byHand, countOf, currentOf, key, load, openStorage, relationOf, write } from "./file-storage.ts"
import { numberColumns, numbers, sql } from "./tables.ts"

describe("an input that was replaced", () => {
  test("by equal data under another id is read all the same", async () => {
    const storage = await openStorage()
    const former = await write(storage, numbers(3), { fingerprint: "same" })
    const loaded = await load(storage, [former])
    await write(storage, numbers(3), { fingerprint: "same" })
    expect(await countOf(storage, await load(storage, [former]))).toBe(3)
    expect(await countOf(storage, loaded)).toBe(3)
  })

  test("by other data after it was loaded is not read in its place, by no kind of statement", async () => {
    const storage = await openStorage()
    const former = await write(storage, numbers(3))
    const loaded = await load(storage, [former])
    const relation = relationOf(loaded)
    const latter = await write(storage, numbers(4))
    const { session, base } = storage
    const signal = new AbortController().signal
    const gone = { code: "STORAGE_DATA_MISSING" }
    await expect(countOf(storage, loaded)).rejects.toMatchObject(gone)
    const target = { kind: "files", format: "parquet", path: base } as const
    await expect(session.write(relation, target, { stepId: "s", signal })).rejects.toMatchObject(gone)
    const file = { path: join(base, "out.csv"), format: "csv" } as const
    await expect(session.exportFile(relation, file, signal)).rejects.toMatchObject(gone)
    const views = new Map([[key, async () => relation]])
    await expect(session.query("select * from marts.numbers", views, signal).next()).rejects.toMatchObject(gone)
    const value = { kind: "relation", relation, schema: numberColumns } as const
    await expect(write(storage, value, { key: "marts/copy" })).rejects.toMatchObject(gone)
    expect((await storage.io.current(ioContext(base), ["marts/copy"])).size).toBe(0)
    expect(await countOf(storage, await load(storage, [latter]))).toBe(4)
  })

  test("by another process, likewise", async () => {
    const storage = await openStorage()
    const loaded = await load(storage, [await write(storage, numbers(3))])
    // A manager and an engine of their own over the same file do what another process would.
    await write(await openStorage(storage.base), numbers(4))
    await expect(countOf(storage, loaded)).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
  })

  test("in one partition only concerns who reads this one", async () => {
    const storage = await openStorage()
    const a = await write(storage, numbers(3), { partitions: ["a"] })
    const b = await write(storage, numbers(4), { partitions: ["b"] })
    const [both, onlyB] = [await load(storage, [a, b], ["a", "b"]), await load(storage, [b], ["b"])]
    await write(storage, numbers(5), { partitions: ["a"] })
    await expect(countOf(storage, both)).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
    expect(await countOf(storage, onlyB)).toBe(4)
  })

  test("while a statement reads it leaves the statement the rows that it began with", async () => {
    const storage = await openStorage()
    const many = { kind: "values", rows: [["0"]], schema: numberColumns } as const
    await sql(storage.session, "CREATE TABLE memory.main.many AS SELECT range AS n FROM range(600000)")
    const relation: Relation = { kind: "table", path: ["memory", "main", "many"], schema: numberColumns }
    const former = await write(storage, { kind: "relation", relation, schema: numberColumns })
    const batches = storage.session.batches(relationOf(await load(storage, [former])), new AbortController().signal)
    const reading = batches[Symbol.asyncIterator]()
    let rows = (await reading.next()).value?.numRows ?? 0
    const writing = write(storage, { kind: "relation", relation: many, schema: numberColumns })
    for (;;) {
      const next = await reading.next()
      if (next.done) break
      rows += next.value.numRows
    }
    expect(rows).toBe(600_000)
    expect((await writing).rows).toBe(1)
  })

  test("of which the table is gone is said to be missing", async () => {
    const storage = await openStorage()
    const former = await write(storage, numbers(3))
    await byHand(storage, "DROP TABLE byhand.marts.numbers")
    await expect(load(storage, [former])).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
    expect((await currentOf(storage)).map(one => one.intact)).toEqual([false])
  })
})

describe("an addition", () => {
  const add = { write: "append" as WriteMode }

  test("is applied once, and what has applied it is told with what is current", async () => {
    const storage = await openStorage()
    await write(storage, numbers(2), { fingerprint: "whole" })
    expect((await currentOf(storage)).map(one => one.applied)).toEqual([undefined])
    const first = await write(storage, numbers(3), { ...add, fingerprint: "one" })
    const again = await write(storage, numbers(3), { ...add, fingerprint: "one" })
    expect(again.id).toBe(first.id)
    const other = await write(storage, numbers(1), { ...add, fingerprint: "two" })
    expect((await write(storage, numbers(3), { ...add, fingerprint: "one" })).id).toBe(other.id)
    expect(await countOf(storage, await load(storage, [other]))).toBe(6)
    expect((await currentOf(storage)).map(one => [...(one.applied ?? [])].sort())).toEqual([["one", "two"]])
    await write(storage, numbers(3), { ...add, fingerprint: "one", reapply: true })
    const [current] = await currentOf(storage)
    expect(current && (await countOf(storage, await load(storage, [current.materialization])))).toBe(9)
    await write(storage, numbers(2))
    expect((await currentOf(storage)).map(one => one.applied)).toEqual([undefined])
  })

  test("to a table that was deleted by hand is made again", async () => {
    const storage = await openStorage()
    await write(storage, numbers(3), { ...add, fingerprint: "one" })
    await byHand(storage, "DROP TABLE byhand.marts.numbers")
    const again = await write(storage, numbers(3), { ...add, fingerprint: "one" })
    expect(await countOf(storage, await load(storage, [again]))).toBe(3)
  })

  test("is kept apart by partition", async () => {
    const storage = await openStorage()
    for (const part of ["a", "b"]) await write(storage, numbers(1), { ...add, fingerprint: "f", partitions: [part] })
    await write(storage, numbers(1), { ...add, fingerprint: "f", partitions: ["b"] })
    const current = await currentOf(storage)
    expect(current.map(one => [one.partition, ...(one.applied ?? [])]).sort()).toEqual([
      ["a", "f"],
      ["b", "f"],
    ])
  })

  test("into a file of the first release is recorded from then on", async () => {
    const storage = await openStorage()
    await write(storage, numbers(3))
    await byHand(storage, "DROP TABLE byhand._assets.applied")
    const [former] = await currentOf(storage)
    expect(former?.intact).toBe(true)
    expect(former && (await countOf(storage, await load(storage, [former.materialization])))).toBe(3)
    for (let i = 0; i < 2; i++) await write(storage, numbers(1), { ...add, fingerprint: "one" })
    expect((await currentOf(storage)).map(one => [...(one.applied ?? [])])).toEqual([["one"]])
  })

  test("that loses its lease at the commit changes nothing", async () => {
    const storage = await openStorage()
    const former = await write(storage, numbers(3))
    const commit = () => {
      throw new Error("the lease is lost")
    }
    for (const mode of ["append", "overwrite", { merge: ["n"] }] as const) {
      await expect(write(storage, numbers(9), { write: mode, commit })).rejects.toThrow("the lease is lost")
    }
    await expect(write(storage, { kind: "json", value: 1 }, { commit })).rejects.toThrow("the lease is lost")
    expect((await currentOf(storage)).map(one => one.materialization.id)).toEqual([former.id])
    expect(await countOf(storage, await load(storage, [former]))).toBe(3)
  })
})
