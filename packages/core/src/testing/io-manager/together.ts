import { deepStrictEqual, ok } from "node:assert/strict"
import type { RecordBatch } from "../../engine/engine.ts"
import { numbered, others, row, some } from "./case-rows.ts"
import {
  type ConformanceCase,
  type ConformanceNeed,
  caseKey,
  type StorageUnderTest,
  storageCase,
} from "./storage-case.ts"

const togetherCase = (
  name: string,
  body: (storage: StorageUnderTest) => Promise<void>,
  needs: readonly ConformanceNeed[] = [],
) => storageCase("together", name, body, needs)

/** Readers and writers at the same time. */
export const togetherCases: readonly ConformanceCase[] = [
  togetherCase("takes different assets written at once", async storage => {
    const keys = Array.from({ length: 6 }, (_, i) => `marts/at_once_${i}`)
    await Promise.all(keys.map((key, i) => storage.write(storage.fixture.relation([row(i, key, i)]), { key })))
    for (const [i, key] of keys.entries()) deepStrictEqual(await storage.rows(key), [row(i, key, i)])
  }),
  togetherCase("ends with one of two values written to one asset at once", async storage => {
    const { fixture } = storage
    const ended = await Promise.allSettled([
      storage.write(fixture.relation(some)),
      storage.write(fixture.relation(others)),
    ])
    const rows = await storage.rows()
    deepStrictEqual(rows, rows.length === some.length ? some : others)
    // Who was second either came after the first one, or was told of the conflict.
    for (const one of ended) {
      if (one.status === "rejected") deepStrictEqual(one.reason?.code, "STORAGE_CONFLICT")
    }
  }),
  togetherCase("keeps both of two additions made at once, or tells one of the conflict", async storage => {
    const additions = ["a", "b"].map((fingerprint, i) =>
      storage.write(storage.fixture.batches(numbered([i], fingerprint)), { write: "append", fingerprint }),
    )
    const ended = await Promise.allSettled(additions)
    const applied = ["a", "b"].filter((_, i) => ended[i]?.status === "fulfilled")
    ok(applied.length > 0)
    for (const one of ended) {
      if (one.status === "rejected") deepStrictEqual(one.reason?.code, "STORAGE_CONFLICT")
    }
    deepStrictEqual(
      (await storage.rows()).map(one => one.name),
      applied,
    )
  }),
  togetherCase("can be read while another value is being written", async storage => {
    const former = await storage.write(storage.fixture.relation(some))
    const read: unknown[] = []
    const value = storage.fixture.batches(numbered([1, 2, 3], "new"))
    if (value.kind !== "batches") throw new Error("the fixture's batches are of another kind")
    const watched = {
      ...value,
      async *batches(): AsyncGenerator<RecordBatch> {
        for await (const batch of value.batches()) {
          read.push([await storage.currentIds(), (await storage.rows()).length])
          yield batch
        }
      },
    }
    await storage.write(watched)
    ok(read.length > 1)
    for (const one of read) deepStrictEqual(one, [{ "": former.id }, some.length])
    deepStrictEqual(await storage.rows(), numbered([1, 2, 3], "new"))
  }),
  togetherCase("can be read by another manager while it is written", async storage => {
    const former = await storage.write(storage.fixture.relation(some))
    await storage.another(async reader => {
      const onApprove = async () => {
        deepStrictEqual(await reader.currentIds(), { "": former.id })
        deepStrictEqual(await reader.rows(), some)
      }
      await storage.write(storage.fixture.relation(others), { onApprove })
      deepStrictEqual(await reader.rows(), others)
    })
  }),
  togetherCase("gives a reader whole values while one is written after the other", async storage => {
    const value = (version: number) => numbered([1, 2, 3, 4], String(version))
    await storage.write(storage.fixture.relation(value(0)))
    let isWriting = true
    const writer = async () => {
      try {
        for (let i = 1; i <= 8; i++) await storage.write(storage.fixture.relation(value(i)))
      } finally {
        isWriting = false
      }
    }
    const reader = async () => {
      const seen: number[] = []
      while (isWriting) {
        const rows = await storage.rows().catch(error => {
          if (error?.code === "STORAGE_DATA_MISSING") return undefined // replaced while it was not named as in use
          throw error
        })
        if (!rows) continue
        const version = Number(rows[0]?.name)
        deepStrictEqual(rows, value(version))
        seen.push(version)
      }
      deepStrictEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      )
    }
    await Promise.all([writer(), reader()])
    deepStrictEqual(await storage.rows(), value(8))
  }),
  togetherCase(
    "lets a reader finish with what it began, where versions are kept",
    async storage => {
      const first = await storage.write(storage.fixture.relation(some))
      const stored = await storage.load([first])
      for (let i = 0; i < 4; i++)
        await storage.write(storage.fixture.relation([row(i, "later", i)]), { inUse: [first.id] })
      deepStrictEqual(await storage.fixture.read(stored), some)
      deepStrictEqual(await storage.fixture.read(await storage.load([first])), some)
    },
    ["versions"],
  ),
  togetherCase("reads partitions of one asset while others are written", async storage => {
    const parts = ["a", "b", "c", "d"]
    await storage.write(storage.fixture.relation([row(0, "kept", 0)]), { partitions: ["kept"] })
    await Promise.all([
      ...parts.map(part => storage.write(storage.fixture.relation([row(1, part, 1)]), { partitions: [part] })),
      ...parts.map(async () => deepStrictEqual(await storage.rows(caseKey, ["kept"]), [row(0, "kept", 0)])),
    ])
    deepStrictEqual((await storage.current()).length, 5)
  }),
]
