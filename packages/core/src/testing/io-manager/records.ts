import { deepStrictEqual, ok } from "node:assert/strict"
import type { Finding } from "../../engine/engine.ts"
import { ioContext } from "../io-context.ts"
import { others, row, some } from "./case-rows.ts"
import { type ConformanceCase, type ConformanceNeed, StorageUnderTest, storageCase } from "./storage-case.ts"

const recordCase = (
  name: string,
  body: (storage: StorageUnderTest) => Promise<void>,
  needs: readonly ConformanceNeed[] = [],
) => storageCase("records", name, body, needs)

/** Keys that are words of SQL, begin alike, or are long; DESIGN allows letters, digits and `_.-` in a segment. */
const hostileKeys = [
  "select/from",
  "main/table",
  "a.b/c.d",
  "-/--",
  "1/2",
  "deep/er/and/deeper",
  `k/${"x".repeat(200)}`,
]

/** The record beside the data, and who can see it. */
export const recordCases: readonly ConformanceCase[] = [
  recordCase("tells of nothing where nothing was stored", async storage => {
    deepStrictEqual([...(await storage.io.current(storage.context(), ["marts/none"])).values()].flat(), [])
    deepStrictEqual([...(await storage.io.current(storage.context(), [])).values()], [])
  }),
  recordCase("keeps the record as it was approved", async storage => {
    const metadata = { text: "it's \u0000 😀", list: [1, null, { deep: true }] }
    const record = await storage.write(storage.fixture.relation(some), { record: { metadata } })
    const [current] = await storage.current()
    deepStrictEqual({ ...current?.materialization }, { ...record })
    deepStrictEqual(current?.materialization.metadata, metadata)
    deepStrictEqual(current?.partition, null)
    deepStrictEqual(current?.intact, true)
  }),
  recordCase("tells of several assets at once", async storage => {
    const first = await storage.write(storage.fixture.relation(some), { key: "marts/first" })
    const second = await storage.write({ kind: "json", value: 1 }, { key: "marts/second" })
    const found = await storage.io.current(storage.context(), ["marts/second", "marts/none", "marts/first"])
    const ids = (key: string) => (found.get(key) ?? []).map(one => one.materialization.id)
    deepStrictEqual([ids("marts/first"), ids("marts/second"), ids("marts/none")], [[first.id], [second.id], []])
  }),
  recordCase("is seen by another manager over the same storage", async storage => {
    const record = await storage.write(storage.fixture.relation(some))
    await storage.another(async second => {
      deepStrictEqual(await second.currentIds(), { "": record.id })
      deepStrictEqual(await second.rows(), some)
    })
  }),
  recordCase("is seen after closing and opening again", async storage => {
    await storage.write(storage.fixture.relation(some))
    await storage.io.close?.()
    await storage.another(async second => deepStrictEqual(await second.rows(), some))
    deepStrictEqual(await storage.rows(), some)
  }),
  recordCase(
    "is seen when another process wrote it",
    async storage => {
      const elsewhere = { key: "marts/cases", partitions: [], fingerprint: "elsewhere", write: "overwrite" } as const
      await storage.write(storage.fixture.relation(some))
      await storage.fixture.writeElsewhere?.({ ...elsewhere, rows: others })
      deepStrictEqual((await storage.current())[0]?.materialization.fingerprint, "elsewhere")
      deepStrictEqual(await storage.rows(), others)
    },
    ["writeElsewhere"],
  ),
  recordCase("keeps assets apart whose keys begin alike", async storage => {
    await storage.write(storage.fixture.relation(some), { key: "marts/case" })
    await storage.write(storage.fixture.relation(others), { key: "marts/case_2" })
    await storage.write(storage.fixture.relation([]), { key: "other/case" })
    deepStrictEqual(await storage.rows("marts/case"), some)
    deepStrictEqual(await storage.rows("marts/case_2"), others)
    deepStrictEqual(await storage.rows("other/case"), [])
  }),
  recordCase("keeps assets of any key that an asset can have", async storage => {
    for (const [i, key] of hostileKeys.entries())
      await storage.write(storage.fixture.relation([row(i, key, i)]), { key })
    for (const [i, key] of hostileKeys.entries()) deepStrictEqual(await storage.rows(key), [row(i, key, i)])
  }),
  recordCase("tells where the data rests", async storage => {
    const record = await storage.write(storage.fixture.relation(some))
    const places = await storage.io.locate(storage.assetContext(), [record])
    ok(places.length > 0 && places.every(place => place.length > 0))
  }),
  recordCase(
    "puts the values of variables in the place of their names in its options",
    async ({ fixture }) => {
      const named = fixture.createIOManagerAt?.(`$\{CASE_PLACE}`)
      const plain = fixture.createIOManagerAt?.("expanded")
      if (!named || !plain) throw new Error("the case needs createIOManagerAt")
      try {
        const expand = (text: string) => text.replaceAll(`$\{CASE_PLACE}`, "expanded")
        const storage = new StorageUnderTest(fixture, named)
        await storage.write(fixture.relation(some), { expand })
        deepStrictEqual((await named.current({ ...ioContext(fixture.base), expand }, ["marts/cases"])).size, 1)
        deepStrictEqual(await new StorageUnderTest(fixture, plain).rows(), some)
      } finally {
        await named.close?.()
        await plain.close?.()
      }
    },
    ["createIOManagerAt"],
  ),
  recordCase(
    "finds storage in order that is empty, and that holds something",
    async storage => {
      const examine = async () => (await storage.io.doctor?.(storage.context())) ?? []
      const faults = (found: readonly Finding[]) => found.filter(one => one.level === "error")
      deepStrictEqual(faults(await examine()), [])
      const record = await storage.write(storage.fixture.relation(some))
      const found = await examine()
      ok(found.length > 0 && found.every(one => one.what !== ""))
      deepStrictEqual(faults(found), [])
      deepStrictEqual(await storage.currentIds(), { "": record.id })
    },
    ["doctor"],
  ),
  recordCase(
    "says that the data is gone when it was deleted by hand",
    async storage => {
      await storage.write(storage.fixture.relation(some))
      await storage.fixture.deleteData?.("marts/cases")
      deepStrictEqual(
        (await storage.current()).filter(one => one.intact),
        [],
      )
      await storage.write(storage.fixture.relation(others))
      deepStrictEqual(await storage.rows(), others)
    },
    ["deleteData"],
  ),
]
