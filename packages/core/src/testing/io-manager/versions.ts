import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict"
import { join } from "node:path"
import type { Materialization, Publication } from "../../io/io-manager.ts"
import { inPart, numbered, others, row, some } from "./case-rows.ts"
import { leaseLost } from "./failures.ts"
import { type ConformanceCase, type ConformanceNeed, caseKey, StorageUnderTest, storageCase } from "./storage-case.ts"

const versionCase = (
  theme: "versions" | "publish",
  name: string,
  needs: readonly ConformanceNeed[],
  body: (storage: StorageUnderTest) => Promise<void>,
) => storageCase(theme, name, body, needs)

function staged(
  storage: StorageUnderTest,
  id: number,
  request: { readonly key?: string; readonly part?: string } = {},
) {
  const { key, part } = request
  const value = storage.fixture.relation([row(id, "staged", id, part ?? null)])
  return storage.write(value, { staged: true, ...(key && { key }), ...(part && { partitions: [part] }) })
}

function publication(materialization: Materialization, former: string | null): Publication {
  const { key, partitions } = materialization
  return { key, partition: partitions[0] ?? null, materialization, former }
}

function publish(storage: StorageUnderTest, publications: readonly Publication[]): Promise<void> {
  if (!storage.io.publish) throw new Error("the case needs publish")
  return storage.io.publish(storage.publishContext(), publications)
}

async function fingerprintsOf(storage: StorageUnderTest, partition: string | null): Promise<string[]> {
  return ((await storage.io.versions?.(storage.assetContext(), partition)) ?? []).map(one => one.fingerprint)
}

const formerVersions: readonly ConformanceCase[] = [
  versionCase("versions", "makes a former version current again", ["restore"], async storage => {
    await storage.write(storage.fixture.relation(some), { fingerprint: "former" })
    await storage.write(storage.fixture.relation(others), { fingerprint: "latter" })
    strictEqual(await storage.io.restore?.(storage.outputContext(), "unknown"), undefined)
    const restored = await storage.io.restore?.(storage.outputContext(), "former")
    deepStrictEqual(restored?.fingerprint, "former")
    deepStrictEqual(await storage.rows(), some)
  }),
  versionCase("versions", "does not restore what was not approved", ["restore"], async storage => {
    const onApprove = () => {
      throw new Error("refused")
    }
    const write = storage.write(storage.fixture.relation(some), { fingerprint: "refused", onApprove })
    await rejects(write, /refused/)
    strictEqual(await storage.io.restore?.(storage.outputContext(), "refused"), undefined)
  }),
  versionCase("versions", "does not restore when the lease is lost", ["restore"], async storage => {
    await storage.write(storage.fixture.relation(some), { fingerprint: "former" })
    const latter = await storage.write(storage.fixture.relation(others), { fingerprint: "latter" })
    const restored = storage.io.restore?.(storage.outputContext({ commit: leaseLost }), "former")
    await rejects(Promise.resolve(restored), { code: "LEASE_LOST" })
    deepStrictEqual(await storage.currentIds(), { "": latter.id })
  }),
  versionCase("versions", "tells of the versions that can be read, newest first", ["versions"], async storage => {
    deepStrictEqual(await fingerprintsOf(storage, null), [])
    const first = await storage.write(storage.fixture.relation(some), { fingerprint: "first" })
    await storage.write(storage.fixture.relation(others), { fingerprint: "second", inUse: [first.id] })
    deepStrictEqual(await fingerprintsOf(storage, null), ["second", "first"])
    for (const version of (await storage.io.versions?.(storage.assetContext(), null)) ?? []) {
      const rows = await storage.fixture.read(await storage.load([version]))
      deepStrictEqual(rows, version.fingerprint === "first" ? some : others)
    }
  }),
  versionCase("versions", "tells the versions of one partition only", ["versions"], async storage => {
    await storage.write(storage.fixture.relation(inPart("a")), { partitions: ["a"], fingerprint: "a" })
    await storage.write(storage.fixture.relation(inPart("b")), { partitions: ["b"], fingerprint: "b" })
    deepStrictEqual(await fingerprintsOf(storage, "a"), ["a"])
    deepStrictEqual(await fingerprintsOf(storage, "none"), [])
  }),
]

const publishing: readonly ConformanceCase[] = [
  versionCase(
    "publish",
    "keeps what is staged out of sight, and lets it be read by its id",
    ["publish"],
    async storage => {
      const former = await storage.write(storage.fixture.relation(some))
      const record = await staged(storage, 1)
      deepStrictEqual(await storage.currentIds(), { "": former.id })
      deepStrictEqual(await storage.rows(), some)
      deepStrictEqual(await storage.fixture.read(await storage.load([record])), [row(1, "staged", 1)])
      const onlyStaged = await staged(storage, 2, { key: "marts/new" })
      deepStrictEqual(await storage.currentIds("marts/new"), {})
      deepStrictEqual((await storage.fixture.read(await storage.load([onlyStaged]))).length, 1)
    },
  ),
  versionCase("publish", "makes all that is published current", ["publish"], async storage => {
    const former = await storage.write(storage.fixture.relation(some), { key: "marts/one" })
    const one = await staged(storage, 1, { key: "marts/one" })
    const two = await staged(storage, 2, { key: "marts/two" })
    const three = await staged(storage, 3, { key: "marts/parted", part: "it's" })
    await publish(storage, [publication(one, former.id), publication(two, null), publication(three, null)])
    deepStrictEqual(await storage.currentIds("marts/one"), { "": one.id })
    deepStrictEqual(await storage.currentIds("marts/two"), { "": two.id })
    deepStrictEqual(await storage.currentIds("marts/parted"), { "it's": three.id })
    deepStrictEqual(await storage.rows("marts/one"), [row(1, "staged", 1)])
    await storage.another(async second => deepStrictEqual((await second.rows("marts/two")).length, 1))
  }),
  versionCase("publish", "publishes nothing when one of it has changed meanwhile", ["publish"], async storage => {
    const former = await storage.write(storage.fixture.relation(some), { key: "marts/one" })
    const one = await staged(storage, 1, { key: "marts/one" })
    const two = await staged(storage, 2, { key: "marts/two" })
    const between = await storage.write(storage.fixture.relation(others), { key: "marts/one" })
    await rejects(publish(storage, [publication(two, null), publication(one, former.id)]), { code: "STORAGE_CONFLICT" })
    deepStrictEqual(await storage.currentIds("marts/one"), { "": between.id })
    deepStrictEqual(await storage.currentIds("marts/two"), {})
  }),
  versionCase("publish", "publishes nothing when the lease is lost", ["publish"], async storage => {
    const former = await storage.write(storage.fixture.relation(some))
    const record = await staged(storage, 1)
    const lost = storage.io.publish?.(storage.publishContext(leaseLost), [publication(record, former.id)])
    await rejects(Promise.resolve(lost), { code: "LEASE_LOST" })
    deepStrictEqual(await storage.currentIds(), { "": former.id })
    await publish(storage, [publication(record, former.id)])
    deepStrictEqual(await storage.currentIds(), { "": record.id })
  }),
  versionCase("publish", "publishes partitions of one asset together", ["publish"], async storage => {
    const parts = ["a", "b", "c"]
    const records: Materialization[] = []
    for (const [i, part] of parts.entries()) records.push(await staged(storage, i, { part }))
    await publish(
      storage,
      records.map(record => publication(record, null)),
    )
    deepStrictEqual(Object.keys(await storage.currentIds()), parts)
    deepStrictEqual((await storage.rows(caseKey, ["b"])).length, 1)
  }),
  versionCase("publish", "publishes an addition that was staged, once", ["publish"], async storage => {
    const { fixture } = storage
    const add = (ids: readonly number[], fingerprint: string, isStaged: boolean) =>
      storage.write(fixture.batches(numbered(ids, fingerprint)), { write: "append", fingerprint, staged: isStaged })
    const a = await add([1], "a", false)
    const b = await add([2], "b", true)
    deepStrictEqual((await storage.rows()).length, 1)
    await publish(storage, [publication(b, a.id)])
    await add([2], "b", false)
    deepStrictEqual(
      (await storage.rows()).map(one => one.name),
      ["a", "b"],
    )
  }),
  versionCase("publish", "stages nothing when the write fails", ["publish"], async storage => {
    await rejects(storage.write(storage.fixture.failing(), { staged: true }))
    deepStrictEqual(await storage.current(), [])
    const record = await staged(storage, 1)
    await publish(storage, [publication(record, null)])
    deepStrictEqual(await storage.currentIds(), { "": record.id })
  }),
  versionCase("publish", "reads what is current of several assets as of one moment", ["publish"], async storage => {
    const keys = ["marts/one", "marts/two"]
    const records: Materialization[] = []
    for (const key of keys) records.push(await storage.write(storage.fixture.relation(some), { key, fingerprint: "0" }))
    let isPublishing = true
    const publisher = async () => {
      try {
        let former = records
        for (let i = 1; i <= 5; i++) {
          const next: Materialization[] = []
          const request = { staged: true, fingerprint: String(i) }
          for (const key of keys) next.push(await storage.write(storage.fixture.relation(others), { key, ...request }))
          await publish(
            storage,
            next.map((record, at) => publication(record, former[at]?.id ?? null)),
          )
          former = next
        }
      } finally {
        isPublishing = false
      }
    }
    const reader = async () => {
      while (isPublishing) {
        const found = await storage.io.current(storage.context(), keys)
        const seen = keys.map(key => found.get(key)?.[0]?.materialization.fingerprint)
        strictEqual(seen[0], seen[1])
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    await Promise.all([publisher(), reader()])
  }),
  versionCase(
    "publish",
    "adopts a version of another place without touching it",
    ["adopt", "publish"],
    async storage => {
      const branch = new StorageUnderTest(storage.fixture, storage.io, join(storage.base, "branch"))
      const record = await branch.write(storage.fixture.relation(some))
      const context = storage.outputContext()
      const adopted = await storage.io.adopt?.(storage.assetContext(), {
        from: branch.io,
        fromContext: branch.assetContext(),
        materialization: record,
        record: { ...record, id: context.id },
      })
      ok(adopted)
      deepStrictEqual([adopted.id, adopted.fingerprint], [context.id, record.fingerprint])
      await publish(storage, [publication(adopted, null)])
      deepStrictEqual(await storage.rows(), some)
      await storage.write(storage.fixture.relation(others))
      deepStrictEqual(await branch.rows(), some)
    },
  ),
]

/** Former versions, and versions that become current later. */
export const versionCases: readonly ConformanceCase[] = [...formerVersions, ...publishing]
