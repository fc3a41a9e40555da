import { deepStrictEqual, rejects } from "node:assert/strict"
import type { RecordBatch } from "../../engine/engine.ts"
import { StorageError } from "../../errors/assets-error.ts"
import type { Written } from "../../io/io-manager.ts"
import type { OutputValue } from "../../value/value-type.ts"
import { inPart, others, some } from "./case-rows.ts"
import type { ConformanceRow } from "./fixture.ts"
import { type ConformanceCase, type StorageUnderTest, storageCase } from "./storage-case.ts"

const failureCase = (name: string, body: (storage: StorageUnderTest) => Promise<void>) =>
  storageCase("failures", name, body)

/** Rows of TypeScript, with something done after the first batch. */
function interrupted(value: OutputValue, afterFirst: () => void): OutputValue {
  if (value.kind !== "batches") throw new Error("the fixture's batches are of another kind")
  return {
    ...value,
    async *batches(): AsyncGenerator<RecordBatch> {
      for await (const batch of value.batches()) {
        yield batch
        afterFirst()
      }
    },
  }
}

const refuse = () => {
  throw new Error("refused")
}

export function leaseLost(): never {
  throw new StorageError("LEASE_LOST", {
    what: "The lease of the write was taken over.",
    why: "A case of the conformance suite says so.",
    fix: "Nothing: the case expects it.",
  })
}

/** Fails a write over a former value, and looks that this one is untouched and the next write works. */
async function keepsFormer(storage: StorageUnderTest, fail: () => Promise<unknown>): Promise<void> {
  const former = await storage.write(storage.fixture.relation(some))
  await fail()
  deepStrictEqual(
    (await storage.current()).map(one => [one.materialization.id, one.intact]),
    [[former.id, true]],
  )
  deepStrictEqual(await storage.rows(), some)
  await storage.write(storage.fixture.relation(others))
  deepStrictEqual(await storage.rows(), others)
}

/** A write is all or nothing. */
export const failureCases: readonly ConformanceCase[] = [
  failureCase("replaces what was there", async storage => {
    await storage.write(storage.fixture.relation(some))
    await storage.write(storage.fixture.relation(others))
    deepStrictEqual(await storage.rows(), others)
    deepStrictEqual((await storage.current()).length, 1)
  }),
  failureCase("can be read before it becomes current, and is not current yet", async storage => {
    const first = await storage.write(storage.fixture.relation(some))
    let inside: readonly ConformanceRow[] = []
    let current: unknown
    const onApprove = async (written: Written) => {
      inside = await storage.fixture.read(written.stored)
      current = await storage.currentIds()
    }
    await storage.write(storage.fixture.relation(others), { onApprove })
    deepStrictEqual(inside, others)
    deepStrictEqual(current, { "": first.id })
  }),
  failureCase("keeps the former value when what was written is not approved", storage =>
    keepsFormer(storage, async () => {
      const { fixture } = storage
      for (const value of [fixture.relation(others), fixture.batches(others), { kind: "json", value: 2 } as const]) {
        await rejects(storage.write(value, { onApprove: refuse }), /refused/)
      }
    }),
  ),
  failureCase("keeps the former value when the computation fails", storage =>
    keepsFormer(storage, () => rejects(storage.write(storage.fixture.failing()))),
  ),
  failureCase("keeps the former value when the code that makes the rows throws", storage =>
    keepsFormer(storage, async () => {
      await rejects(storage.write(interrupted(storage.fixture.batches(inPart("a")), refuse)), /refused/)
    }),
  ),
  failureCase("keeps the former value when the lease is lost at the commit", storage =>
    keepsFormer(storage, async () => {
      const { fixture } = storage
      for (const value of [fixture.relation(others), fixture.batches(others), { kind: "json", value: 2 } as const]) {
        await rejects(storage.write(value, { commit: leaseLost }), { code: "LEASE_LOST" })
      }
    }),
  ),
  failureCase("is whole when the change is told to have failed after it was made", async storage => {
    const { fixture } = storage
    await storage.write(fixture.relation(some))
    const commit = <T>(change: () => T): T => {
      change()
      return leaseLost()
    }
    await rejects(storage.write(fixture.relation(others), { commit }), { code: "LEASE_LOST" })
    const [current, ...more] = await storage.current()
    deepStrictEqual([current?.intact, more.length], [true, 0])
    const rows = await storage.rows()
    // Storage whose change is a transaction of its own has not made it yet.
    deepStrictEqual(rows, rows.length === others.length ? others : some)
    await storage.write(fixture.relation(some))
    deepStrictEqual(await storage.rows(), some)
  }),
  failureCase("commits once for each write, after what was written was approved", async storage => {
    const { fixture } = storage
    for (const value of [fixture.relation(some), fixture.batches(some), { kind: "json", value: 2 } as const]) {
      const told: string[] = []
      const commit = <T>(change: () => T): T => {
        told.push("commit")
        return change()
      }
      await storage.write(value, { commit, onApprove: () => void told.push("approve") })
      deepStrictEqual(told, ["approve", "commit"])
    }
  }),
  failureCase("does nothing when it was aborted before it began", storage =>
    keepsFormer(storage, async () => {
      const signal = AbortSignal.abort(new Error("stopped"))
      for (const value of [storage.fixture.relation(others), storage.fixture.batches(others)]) {
        await rejects(storage.write(value, { signal }))
      }
    }),
  ),
  failureCase("stops when it is aborted while rows are made", storage =>
    keepsFormer(storage, async () => {
      const controller = new AbortController()
      const value = interrupted(storage.fixture.batches(inPart("a")), () => controller.abort(new Error("stopped")))
      await rejects(storage.write(value, { signal: controller.signal }))
    }),
  ),
  failureCase("has nothing current when the first write fails", async storage => {
    await rejects(storage.write(storage.fixture.failing()))
    await rejects(storage.write(storage.fixture.relation(some), { onApprove: refuse }), /refused/)
    deepStrictEqual(await storage.current(), [])
  }),
  failureCase("takes the next write after a failed one", async storage => {
    await rejects(storage.write(storage.fixture.failing()))
    await storage.write(storage.fixture.relation(some))
    deepStrictEqual(await storage.rows(), some)
  }),
]
