import { userInfo } from "node:os"
import { basename } from "node:path"
import { type ObjectStore, objectStoreAt, type StoredObject } from "@assets/core"
import { ioContext, ioManagerConformance } from "@assets/core/testing"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { sharedSpark } from "../../packages/io-spark/test/started-spark.ts"
import { onObjectStore } from "../conformance/chosen-cases.ts"
import { EngineFixture } from "../conformance/fixture.ts"
import { outputContext, writtenKey } from "../conformance/output-context.ts"
import { setVariables } from "../object-store.ts"
import { type MiniCluster, startMiniCluster } from "./mini-cluster.ts"

const place = "hdfs://lake/store"

describe("HDFS with two namenodes, of which the first is on standby", { timeout: 600_000 }, () => {
  let cluster: MiniCluster
  let restore = () => {}
  beforeAll(async () => {
    cluster = await startMiniCluster("hdfs")
    restore = setVariables({ HADOOP_CONF_DIR: cluster.conf, YARN_CONF_DIR: undefined })
  }, 600_000)
  afterAll(async () => {
    restore()
    await cluster?.stop()
  })

  describe("the store", () => {
    const store = (at = place) => objectStoreAt(at)

    test("lets one of twenty writers of an object succeed, and one of twenty that replace it", async () => {
      const url = `${place}/pointers/one.json`
      const first = await together(20, i => store().put(url, `${i}`, { etag: null }))
      const etags = first.filter(etag => etag !== undefined)
      expect(etags.length).toBe(1)
      let [etag = ""] = etags
      for (let round = 0; round < 5; round++) {
        const ends = await together(20, i => store().put(url, `${round} ${i}`, { etag }))
        const winner = ends.findIndex(end => end !== undefined)
        expect(ends.filter(end => end !== undefined)).toHaveLength(1)
        const found = await store().get(url)
        expect([text(found?.bytes), found?.etag]).toEqual([`${round} ${winner}`, ends[winner]])
        etag = ends[winner] ?? ""
      }
      // What the losers wrote is gone.
      expect(await namesBelow(store(), `${place}/pointers/`)).toEqual(["one.json"])
    })

    test("replaces nothing that was removed, or removed and written anew", async () => {
      const url = `${place}/removed/one.json`
      const etag = await store().put(url, "one", { etag: null })
      await store().remove([url])
      expect(await store().put(url, "two", { etag: etag ?? "" })).toBeUndefined()
      expect(await store().look(url)).toBeUndefined()
      await store().put(url, "three", { etag: null })
      expect(await store().put(url, "two", { etag: etag ?? "" })).toBeUndefined()
      expect(text((await store().get(url))?.bytes)).toBe("three")
    })

    test("never shows a reader half of an object, or none, while it is replaced", async () => {
      const url = `${place}/replaced/one.json`
      const content = (i: number) => `${i} `.repeat(5_000)
      let etag = await store().put(url, content(0), { etag: null })
      let isOver = false
      const read = async () => {
        const seen: (string | undefined)[] = []
        while (!isOver) seen.push(text((await store().get(url))?.bytes))
        return seen
      }
      const readers = [read(), read()]
      for (let i = 1; i < 30; i++) etag = await store().put(url, content(i), { etag: etag ?? "" })
      isOver = true
      const whole = new Set(Array.from({ length: 30 }, (_, i) => content(i)))
      const seen = (await Promise.all(readers)).flat()
      expect(seen.length).toBeGreaterThan(2)
      expect(seen.filter(one => one === undefined || !whole.has(one))).toEqual([])
    })

    test("refuses to replace what a snapshot may hold, since it would be found by its number for ever", async () => {
      const url = `${place}/kept/one.json`
      const etag = await store().put(url, "one", { etag: null })
      await ask("/store/kept", "PUT", "ALLOWSNAPSHOT")
      await ask("/store/kept", "PUT", "CREATESNAPSHOT", { snapshotname: "daily" })
      await expect(store().put(url, "two", { etag: etag ?? "" })).rejects.toMatchObject({
        code: "ENVIRONMENT_UNSUPPORTED",
        message: expect.stringContaining("snapshots are taken of /store/kept"),
      })
      expect(text((await store().get(url))?.bytes)).toBe("one")
      await ask("/store/kept", "DELETE", "DELETESNAPSHOT", { snapshotname: "daily" })
      expect(await store().put(url, "two", { etag: etag ?? "" })).toBeDefined()
    })

    test("writes an object of many pieces, and reads its bytes by ranges", async () => {
      const url = `${place}/large`
      const piece = new Uint8Array(3 * 1024 * 1024).map((_, i) => i % 251)
      async function* pieces() {
        for (let i = 0; i < 12; i++) yield piece
      }
      expect(await store().upload(url, pieces())).toBe(12 * piece.length)
      expect(await store().look(url)).toMatchObject({ url, bytes: 12 * piece.length })
      const read = await store().read(url, { start: 11 * piece.length, length: 4 })
      expect([...(read ?? [])]).toEqual([0, 1, 2, 3])
      expect(await store().read(`${place}/none`, { start: 0, length: 4 })).toBeUndefined()
    })

    test("has nothing of an upload whose source fails, or that is aborted", async () => {
      const url = `${place}/broken/one`
      const large = new Uint8Array(5 * 1024 * 1024)
      async function* failing() {
        yield large
        throw new Error("the source broke")
      }
      await expect(store().upload(url, failing())).rejects.toThrow("the source broke")
      const controller = new AbortController()
      async function* aborted() {
        yield large
        controller.abort(new Error("stopped"))
        yield large
      }
      await expect(store().upload(url, aborted(), controller.signal)).rejects.toThrow("stopped")
      expect(await namesBelow(store(), `${place}/broken`)).toEqual([])
    })

    test("lists in the order of the names, also of a part of one, and knows any name", async () => {
      const names = ["a/b", "a b", "a+b", "a%20b", "a.b", "ü/x=1/ß", "z;k=v", "aa"]
      for (const name of names) await store().put(`${place}/names/${name}`, name)
      expect(await namesBelow(store(), `${place}/names/`)).toEqual([...names].sort())
      expect(await namesBelow(store(), `${place}/names/a`)).toEqual(
        ["", " b", "%20b", "+b", ".b", "/b", "a"].slice(1).sort(),
      )
      for (const name of names) expect(text((await store().get(`${place}/names/${name}`))?.bytes)).toBe(name)
      expect(await namesBelow(store(), `${place}/nowhere/`)).toEqual([])
    })

    test("takes away folders that are empty, up to its own place, and no other", async () => {
      const own = store(`${place}/own`)
      await own.put(`${place}/own/a/b/one`, "")
      await own.put(`${place}/own/a/two`, "")
      await own.remove([`${place}/own/a/b/one`, `${place}/own/a`, `${place}/own/a/none`])
      expect(await folderNames("/store/own/a")).toEqual(["two"])
      await own.move({ url: `${place}/own/a/two`, bytes: 0 }, `${place}/own/c/d/three`)
      expect(await folderNames("/store/own")).toEqual(["c"])
      await own.remove([`${place}/own/c/d/three`])
      expect(await folderNames("/store/own")).toEqual([])
    })

    test("shows what a dead writer left after a day, so that it is removed, and hides what is being written", async () => {
      const aside = ".put-01234567-89ab-cdef-0123-456789abcdef"
      await store().put(`${place}/left/${aside}`, "half")
      expect(await namesBelow(store(), `${place}/left/`)).toEqual([])
      const modificationtime = String(Date.now() - 25 * 60 * 60 * 1000)
      await ask(`/store/left/${aside}`, "PUT", "SETTIMES", { modificationtime })
      expect(await namesBelow(store(), `${place}/left/`)).toEqual([aside])
      await store().remove([`${place}/left/${aside}`])
      expect(await folderNames("/store")).not.toContain("left")
    })

    test("tells who may not write, and which quota is used up", async () => {
      await store().put(`${place}/owned/one`, "")
      onTestFinished(setVariables({ HADOOP_USER_NAME: "stranger" }))
      await expect(store().put(`${place}/owned/two`, "")).rejects.toMatchObject({
        code: "STORAGE_ACCESS_REFUSED",
        why: expect.stringContaining("user=stranger"),
        fix: expect.stringContaining("HADOOP_USER_NAME"),
      })
      setVariables({ HADOOP_USER_NAME: undefined })
      await ask("/store/owned", "PUT", "SETQUOTA", { namespacequota: "2" })
      await expect(store().put(`${place}/owned/two`, "")).rejects.toMatchObject({ code: "STORAGE_FULL" })
    })
  })

  describe.each([
    ["parquet on hdfs on spark", parquetIO],
    ["delta on hdfs on spark", deltaIO],
  ] as const)("%s", (_, io) => {
    sharedSpark()

    const create = () => {
      const fixture: EngineFixture = new EngineFixture(spark(), () => io({ root: rootOf(fixture) }), {
        deleteData: (_base, key) => deleteData(`${rootOf(fixture)}/${key}`),
      })
      return fixture
    }

    for (const conformance of ioManagerConformance) {
      const title = `${conformance.theme}: ${conformance.name}`
      if (process.env.CONFORMANCE !== "all" && !onObjectStore.has(title)) continue
      test(title, async () => {
        const fixture = create()
        onTestFinished(() => fixture.close())
        await conformance.run(fixture)
      })
    }
  })

  describe("a write by Spark", () => {
    sharedSpark()

    test("tells of a quota that it has used up, and leaves what was current", async () => {
      const fixture: EngineFixture = new EngineFixture(spark(), () => parquetIO({ root: rootOf(fixture) }))
      onTestFinished(() => fixture.close())
      const io = fixture.createIOManager()
      const row = { id: 1n, name: "a", value: 1, part: null }
      await io.handleOutput(outputContext(fixture, "first"), fixture.relation([row]))
      const root = rootOf(fixture).replace("hdfs://lake", "")
      const used = JSON.parse(await ask(root, "GET", "GETCONTENTSUMMARY")).ContentSummary
      // Room for the mark of the write, and for none of Spark's folders.
      const names = used.fileCount + used.directoryCount + 3
      await ask(root, "PUT", "SETQUOTA", { namespacequota: String(names) })
      const write = io.handleOutput(outputContext(fixture, "second"), fixture.relation([row, row]))
      await expect(write).rejects.toMatchObject({
        code: "STORAGE_FULL",
        fix: expect.stringContaining("hdfs dfs -count"),
      })
      const [current] = (await io.current(ioContext(fixture.base), [writtenKey])).get(writtenKey) ?? []
      expect(current).toMatchObject({ intact: true, materialization: { fingerprint: "first" } })
    })
  })

  // The last one: what is above asks the second namenode.
  test("goes on when another namenode becomes the active one", async () => {
    const store = objectStoreAt(place)
    const url = `${place}/failover/one.json`
    let etag = await store.put(url, "0", { etag: null })
    await cluster.failOver()
    for (let i = 1; i <= 5; i++) etag = await store.put(url, `${i}`, { etag: etag ?? "" })
    expect(await store.get(url)).toEqual({ bytes: new Uint8Array(Buffer.from("5")), etag })
  })

  /** Asks the namenode for what the store does not. */
  async function ask(path: string, method: string, op: string, parameters: { readonly [name: string]: string } = {}) {
    const query = new URLSearchParams({ op, "user.name": userInfo().username, ...parameters })
    const response = await fetch(`${cluster.webHdfs}${path}?${query}`, { method })
    const answer = await response.text()
    if (!response.ok) throw new Error(`${op} of ${path}: ${answer}`)
    return answer
  }

  async function folderNames(path: string): Promise<string[]> {
    const { FileStatuses } = JSON.parse(await ask(path, "GET", "LISTSTATUS"))
    return FileStatuses.FileStatus.map((one: { readonly pathSuffix: string }) => one.pathSuffix)
  }
})

/** A place of its own for each folder of a case. */
function rootOf(fixture: EngineFixture): string {
  return `hdfs://lake/assets/${basename(fixture.base)}`
}

async function deleteData(folder: string): Promise<void> {
  const store = objectStoreAt(folder)
  for await (const { url } of store.list(`${folder}/`)) if (url.endsWith(".parquet")) await store.remove([url])
}

function together<T>(count: number, act: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => act(i)))
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString("utf8")
}

async function namesBelow(store: ObjectStore, prefix: string): Promise<string[]> {
  const found: StoredObject[] = []
  for await (const object of store.list(prefix)) found.push(object)
  return found.map(({ url }) => url.slice(prefix.length))
}
