import { deepStrictEqual, ok, rejects } from "node:assert/strict"
import type { Collected } from "../../io/io-manager.ts"
import { inPart, others, row, some } from "./case-rows.ts"
import {
  type ConformanceCase,
  type ConformanceNeed,
  caseKey,
  type StorageUnderTest,
  storageCase,
} from "./storage-case.ts"

const removalCase = (
  name: string,
  needs: readonly ConformanceNeed[],
  body: (storage: StorageUnderTest) => Promise<void>,
) => storageCase("removal", name, body, needs)

interface Collection {
  readonly dryRun: boolean
  readonly inUse?: readonly string[]
}

async function collect(storage: StorageUnderTest, { dryRun, inUse = [] }: Collection): Promise<readonly Collected[]> {
  const context = { ...storage.context(), dryRun, inUse: () => new Set(inUse) }
  return (await storage.io.collect?.(context, [caseKey])) ?? []
}

const paths = (found: readonly Collected[]) => found.map(one => one.what).sort()

const refuse = () => {
  throw new Error("refused")
}

/** Removes what is to go, and nothing else. */
export const removalCases: readonly ConformanceCase[] = [
  removalCase("is removed with all its records", ["remove"], async storage => {
    await storage.write(storage.fixture.relation(some))
    await storage.write(storage.fixture.relation(others), { key: "marts/stays" })
    await storage.io.remove?.(storage.assetContext())
    deepStrictEqual(await storage.current(), [])
    deepStrictEqual(await storage.rows("marts/stays"), others)
    await storage.write(storage.fixture.relation(others))
    deepStrictEqual(await storage.rows(), others)
  }),
  removalCase("is removed with all its partitions", ["remove"], async storage => {
    for (const part of ["a", "o'brien"])
      await storage.write(storage.fixture.relation(inPart(part)), { partitions: [part] })
    await storage.io.remove?.(storage.assetContext())
    deepStrictEqual(await storage.current(), [])
    await storage.write(storage.fixture.relation(some))
    deepStrictEqual(await storage.rows(), some)
  }),
  removalCase("removes what was never there without a word", ["remove"], async storage => {
    await storage.io.remove?.(storage.assetContext("marts/never"))
    deepStrictEqual(await storage.current("marts/never"), [])
  }),
  removalCase("collects nothing that is current", ["collect"], async storage => {
    for (const part of ["a", "b"]) await storage.write(storage.fixture.relation(inPart(part)), { partitions: [part] })
    await collect(storage, { dryRun: false })
    deepStrictEqual(await storage.rows(caseKey, ["a"]), inPart("a"))
    deepStrictEqual(await storage.rows(caseKey, ["b"]), inPart("b"))
    deepStrictEqual(await collect(storage, { dryRun: true }), [])
  }),
  removalCase("collects nothing that is being read", ["collect", "versions"], async storage => {
    const first = await storage.write(storage.fixture.relation(some))
    for (let i = 0; i < 4; i++) {
      await storage.write(storage.fixture.relation([row(i, "later", i)]), { inUse: [first.id] })
      await collect(storage, { dryRun: false, inUse: [first.id] })
    }
    deepStrictEqual(await storage.fixture.read(await storage.load([first])), some)
  }),
  removalCase("collects nothing that is being written", ["collect"], async storage => {
    const onApprove = async () => {
      await collect(storage, { dryRun: false })
      await storage.another(second => collect(second, { dryRun: false }))
    }
    await storage.write(storage.fixture.relation(some), { onApprove })
    await storage.write(storage.fixture.relation(others), { onApprove })
    deepStrictEqual(await storage.rows(), others)
  }),
  removalCase("says what it would collect, and removes it when asked", ["collect"], async storage => {
    const kept = await storage.write(storage.fixture.relation(some))
    await rejects(storage.write(storage.fixture.failing()))
    await rejects(storage.write(storage.fixture.relation(others), { onApprove: refuse }))
    for (let i = 0; i < 3; i++)
      await storage.write(storage.fixture.relation([row(i, "later", i)]), { inUse: [kept.id] })
    const planned = await collect(storage, { dryRun: true })
    deepStrictEqual(paths(await collect(storage, { dryRun: true })), paths(planned))
    ok(planned.every(one => one.key === caseKey && one.what !== "" && one.bytes >= 0))
    deepStrictEqual(paths(await collect(storage, { dryRun: false })), paths(planned))
    deepStrictEqual(await collect(storage, { dryRun: true }), [])
    deepStrictEqual(await storage.rows(), [row(2, "later", 2)])
  }),
]
