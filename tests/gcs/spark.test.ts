import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import {
  asset,
  definitions,
  type EnvironmentConfig,
  type IOManager,
  materialize,
  objectStoreAt,
  source,
} from "@assets/core"
import { ioContext, ioManagerConformance, outputContext as writing } from "@assets/core/testing"
import { csvFiles, deltaTable, frame, t } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { sharedSpark } from "../../packages/io-spark/test/started-spark.ts"
import { onObjectStore } from "../conformance/chosen-cases.ts"
import { EngineFixture } from "../conformance/fixture.ts"
import { outputContext, writtenKey } from "../conformance/output-context.ts"
import { setVariables } from "../object-store.ts"
import { bucket, sharedEmulator } from "./gcs-emulator.ts"
import { type LossyProxy, lossyProxy } from "./lossy-proxy.ts"
import { startTokenServer, type TokenServer } from "./token-server.ts"

const managers = [
  ["parquet on gcs on spark", parquetIO],
  ["delta on gcs on spark", deltaIO],
] as const

const row = (id: number) => ({ id: BigInt(id), name: "a", value: 1, part: null })

describe("Spark", () => {
  sharedEmulator()
  sharedSpark()

  describe.each(managers)("%s", (_, io) => {
    for (const conformance of ioManagerConformance) {
      const title = `${conformance.theme}: ${conformance.name}`
      if (process.env.CONFORMANCE !== "all" && !onObjectStore.has(title)) continue
      test(title, async () => {
        const fixture = fixtureOf(io)
        onTestFinished(() => fixture.close())
        await conformance.run(fixture)
      })
    }

    test("of two writers one is told of the conflict, and harms nothing", async () => {
      const fixture = fixtureOf(io)
      onTestFinished(() => fixture.close())
      const [slow, quick] = [fixture.createIOManager(), fixture.createIOManager()]
      await quick.handleOutput(outputContext(fixture, "former"), fixture.relation([row(1)]))
      const between = async () => {
        await quick.handleOutput(outputContext(fixture, "quick"), fixture.relation([row(2)]))
      }
      const { base } = fixture
      const context = writing({
        base,
        key: writtenKey,
        fingerprint: "slow",
        onApprove: between,
        session: () => fixture.session(),
      })
      const lost = slow.handleOutput(context, fixture.relation([row(3), row(4)]))
      await expect(lost).rejects.toMatchObject({ code: "STORAGE_CONFLICT" })
      expect(await currentOf(fixture)).toMatchObject({ intact: true, materialization: { fingerprint: "quick" } })
    })
  })

  const orders = source("raw/orders", csvFiles("orders/*.csv", { id: t.int64, name: t.string }, { header: true }))
  const copied = asset("marts/copied", {
    deps: { orders },
    returns: frame({ id: t.int64, name: t.string }),
    layout: { partitionBy: ["name"] },
    transform: ({ orders }) => orders,
  })
  const table = source("raw/table", deltaTable(`gs://${bucket}/tables/marts/copied`, { id: t.int64, name: t.string }))
  const read = asset("marts/read", {
    deps: { table },
    returns: frame({ id: t.int64 }),
    transform: ({ table }) => table.select("id"),
  })

  function project(config: EnvironmentConfig) {
    const base = mkdtempSync(join(tmpdir(), "assets-gcs-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    const state = { path: join(base, "state") }
    return definitions({ assets: [orders, copied, table, read], environments: { lake: { ...config, state } }, state })
  }
  test("are read by Spark, skipped while nothing changes, and read anew when an object or a table has changed", async () => {
    const store = objectStoreAt(`gs://${bucket}`)
    await store.put(`gs://${bucket}/raw/orders/a.csv`, "id,name\n1,a b\n")
    await store.put(`gs://${bucket}/raw/orders/b.csv`, "name,id\nx/y,2\n")
    const parquet = parquetIO({ root: `gs://${bucket}/files` })
    const delta = deltaIO({ root: `gs://${bucket}/tables` })
    const files = project({ engine: spark(), io: parquet, sources: `gs://${bucket}/raw` })
    const tables = project({ engine: spark(), io: delta, sources: `gs://${bucket}/raw` })
    const run = async (definition: typeof files, key: string) => {
      const ended = await materialize(definition, { environment: "lake", select: key })
      return ended.steps.map(step => step.error ?? step.status)
    }
    expect(await run(files, "marts/copied")).toEqual(["materialized"])
    expect(await run(tables, "marts/copied")).toEqual(["materialized"])
    expect(await run(files, "marts/copied")).toEqual(["skipped"])
    expect(await run(files, "marts/read")).toEqual(["materialized"])
    expect(await run(files, "marts/read")).toEqual(["skipped"])
    await store.put(`gs://${bucket}/raw/orders/b.csv`, "name,id\nx/y,3\n")
    expect(await run(files, "marts/copied")).toEqual(["materialized"])
    expect(await run(tables, "marts/copied")).toEqual(["materialized"])
    const ended = await materialize(files, { environment: "lake", select: "marts/read" })
    expect(ended.steps.map(step => step.status)).toEqual(["materialized"])
    const ids: (bigint | null)[] = []
    for await (const { id } of (await ended.value(read)).orderBy("id").rows()) ids.push(id)
    expect(ids).toEqual([1n, 3n])
    // No empty objects in the place of folders are left beside the files.
    const left: string[] = []
    for await (const { url } of store.list(`gs://${bucket}/`)) if (url.endsWith("/")) left.push(url)
    expect(left).toEqual([])
  })

  test("are refused by DuckDB, with the engine that reads them", async () => {
    await objectStoreAt(`gs://${bucket}`).put(`gs://${bucket}/raw/orders/a.csv`, "id,name\n1,a\n")
    const local = project({ engine: duckdb(), io: parquetIO({ root: "data" }), sources: `gs://${bucket}/raw` })
    const { steps } = await materialize(local, { environment: "lake", select: "marts/copied" })
    expect(steps.map(step => [step.status, step.error])).toMatchObject([
      ["failed", { code: "ENVIRONMENT_UNSUPPORTED", fix: expect.stringContaining("engine: spark()") }],
    ])
  })
})

describe("a Spark with the key of a service account", () => {
  sharedEmulator()
  let proxy: LossyProxy
  let tokens: TokenServer
  let restore = () => {}
  beforeAll(async () => {
    proxy = await lossyProxy(process.env.STORAGE_EMULATOR_HOST ?? "")
    tokens = await startTokenServer()
    restore = setVariables({ STORAGE_EMULATOR_HOST: undefined, GOOGLE_APPLICATION_CREDENTIALS: tokens.keyFile })
  })
  sharedSpark(() => ({
    conf: {
      "spark.sql.shuffle.partitions": 2,
      "spark.hadoop.fs.gs.storage.root.url": `${proxy.endpoint}/`,
      "spark.hadoop.fs.gs.token.server.url": tokens.endpoint,
    },
  }))
  beforeAll(() => restore()) // this process asks the emulator, without credentials
  afterAll(async () => {
    await tokens.close()
    await proxy.close()
  })

  test("asks the store with a token that it has got for the key", async () => {
    const fixture = fixtureOf(parquetIO)
    onTestFinished(() => fixture.close())
    await fixture.createIOManager().handleOutput(outputContext(fixture, "first"), fixture.relation([row(1)]))
    expect(await currentOf(fixture)).toMatchObject({ intact: true })
    expect([...new Set(proxy.seen.map(one => one.authorization))]).toEqual([`Bearer ${tokens.token}`])
    // What a role on the objects alone does not allow.
    expect(proxy.seen.map(one => one.asked).filter(asked => !/\/b\/[^/]+\/o\b|\/batch\//.test(asked))).toEqual([])
  })

  test.each([
    ["on a store that does not know it", "unknown", "STORAGE_ACCESS_REFUSED", "roles/storage.objectUser"],
    ["on a store that refuses access", "forbidden", "STORAGE_ACCESS_REFUSED", "roles/storage.objectUser"],
    [
      "on a store that has no such bucket",
      "bucketless",
      "STORAGE_BUCKET_MISSING",
      `gcloud storage buckets create gs://${bucket}`,
    ],
    ["on a store that is away", "unsent", "STORAGE_UNREACHABLE", "curl -I https://storage.googleapis.com"],
  ] as const)("%s fails the write by that, and leaves what was current", async (_name, fault, code, fix) => {
    for (const [, io] of managers) {
      const fixture = fixtureOf(io)
      onTestFinished(() => fixture.close())
      proxy.befallAll(undefined)
      const manager = fixture.createIOManager()
      await manager.handleOutput(outputContext(fixture, "former"), fixture.relation([row(1)]))
      proxy.befallAll(fault)
      const write = manager.handleOutput(outputContext(fixture, "next"), fixture.relation([row(2)]))
      await expect(write).rejects.toMatchObject({ code, fix: expect.stringContaining(fix) })
      expect(await currentOf(fixture)).toMatchObject({ intact: true, materialization: { fingerprint: "former" } })
    }
  })
})

async function currentOf(fixture: EngineFixture) {
  const found = await fixture.createIOManager().current(ioContext(fixture.base), [writtenKey])
  return found.get(writtenKey)?.[0]
}

function fixtureOf(io: (options: { readonly root: string }) => IOManager): EngineFixture {
  const fixture: EngineFixture = new EngineFixture(spark(), () => io({ root: rootOf(fixture) }), {
    deleteData: (_base, key) => deleteData(`${rootOf(fixture)}/${key}`),
  })
  return fixture
}

/** A place of its own for each folder of a case. */
function rootOf(fixture: EngineFixture): string {
  return `gs://${bucket}/${basename(fixture.base)}`
}

async function deleteData(folder: string): Promise<void> {
  const store = objectStoreAt(folder)
  for await (const { url } of store.list(`${folder}/`)) if (url.endsWith(".parquet")) await store.remove([url])
}
