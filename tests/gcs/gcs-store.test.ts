import type { IncomingMessage } from "node:http"
import { type ObjectStore, objectStoreAt, type StoredObject } from "@assets/core"
import { beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { setVariables } from "../object-store.ts"
import { bucket, sharedEmulator } from "./gcs-emulator.ts"
import { type LossyProxy, lossyProxy } from "./lossy-proxy.ts"

const place = `gs://${bucket}`
const store = objectStoreAt(place)

describe("the store", () => {
  sharedEmulator()

  test("lets one of twenty writers of an object succeed, and one of twenty that replace it", async () => {
    const url = `${place}/pointers/one.json`
    const first = await together(20, i => store.put(url, `${i}`, { etag: null }))
    const etags = first.filter(etag => etag !== undefined)
    expect(etags.length).toBe(1)
    let [etag = ""] = etags
    for (let round = 0; round < 5; round++) {
      const ends = await together(20, i => store.put(url, `${round} ${i}`, { etag }))
      const winner = ends.findIndex(end => end !== undefined)
      expect(ends.filter(end => end !== undefined)).toHaveLength(1)
      const found = await store.get(url)
      expect([text(found?.bytes), found?.etag]).toEqual([`${round} ${winner}`, ends[winner]])
      expect(await store.look(url)).toMatchObject({ url, etag: ends[winner], bytes: 3 + (winner > 9 ? 1 : 0) })
      etag = ends[winner] ?? ""
    }
  })

  test("replaces nothing that was removed, or removed and written anew", async () => {
    const url = `${place}/removed/one.json`
    const etag = await store.put(url, "one", { etag: null })
    await store.remove([url, `${place}/removed/none`])
    expect(await store.put(url, "two", { etag: etag ?? "" })).toBeUndefined()
    expect([await store.look(url), await store.get(url)]).toEqual([undefined, undefined])
    await store.put(url, "three", { etag: null })
    expect(await store.put(url, "two", { etag: etag ?? "" })).toBeUndefined()
    expect(text((await store.get(url))?.bytes)).toBe("three")
  })

  test("writes an object of many pieces, and reads its bytes by ranges", async () => {
    const url = `${place}/large`
    const piece = new Uint8Array(3 * 1024 * 1024 + 1).map((_, i) => i % 251)
    async function* pieces() {
      for (let i = 0; i < 12; i++) yield piece
    }
    expect(await store.upload(url, pieces())).toBe(12 * piece.length)
    expect(await store.look(url)).toMatchObject({ url, bytes: 12 * piece.length })
    const found = Buffer.from((await store.get(url))?.bytes ?? [])
    expect(found.equals(Buffer.concat(Array(12).fill(piece)))).toBe(true)
    expect([...((await store.read(url, { start: 11 * piece.length, length: 4 })) ?? [])]).toEqual([0, 1, 2, 3])
    expect(await store.read(url, { start: 12 * piece.length - 2, length: 9 })).toHaveLength(2)
    expect(await store.read(url, { start: 12 * piece.length, length: 9 })).toHaveLength(0)
    expect(await store.read(`${place}/none`, { start: 0, length: 4 })).toBeUndefined()
  })

  test.each([0, 1, 16, 32])("writes an upload of %d MiB", async size => {
    const url = `${place}/sized/${size}`
    async function* pieces() {
      for (let i = 0; i < size; i++) yield new Uint8Array(1024 * 1024)
    }
    expect(await store.upload(url, pieces())).toBe(size * 1024 * 1024)
    expect(await store.look(url)).toMatchObject({ bytes: size * 1024 * 1024 })
  })

  test("has nothing of an upload whose source fails, or that is aborted", async () => {
    const url = `${place}/broken/one`
    const large = new Uint8Array(20 * 1024 * 1024)
    async function* failing() {
      yield large
      yield large
      throw new Error("the source broke")
    }
    await expect(store.upload(url, failing())).rejects.toThrow("the source broke")
    const controller = new AbortController()
    async function* aborted() {
      yield large
      yield large
      controller.abort(new Error("stopped"))
      yield large
    }
    await expect(store.upload(url, aborted(), controller.signal)).rejects.toThrow("stopped")
    expect(await namesBelow(`${place}/broken`)).toEqual([])
  })

  test("lists in the order of the names, also of a part of one, and knows any name", async () => {
    const names = ["a/b", "a b", "a+b", "a%20b", "a.b", "ü/x=1/ß", "z;k=v", "aa", "q?x#y"]
    for (const name of names) await store.put(`${place}/names/${name}`, name)
    expect(await namesBelow(`${place}/names/`)).toEqual([...names].sort())
    expect(await namesBelow(`${place}/names/a`)).toEqual([" b", "%20b", "+b", ".b", "/b", "a"].sort())
    for (const name of names) expect(text((await store.get(`${place}/names/${name}`))?.bytes)).toBe(name)
    expect(await namesBelow(`${place}/nowhere/`)).toEqual([])
  })

  test("lists what is on more than one page", async () => {
    const names = Array.from({ length: 1_203 }, (_, i) => String(i).padStart(4, "0"))
    for (let i = 0; i < names.length; i += 50) {
      await Promise.all(names.slice(i, i + 50).map(name => store.put(`${place}/pages/${name}`, "")))
    }
    expect(await namesBelow(`${place}/pages/`)).toEqual(names)
    await store.remove(names.map(name => `${place}/pages/${name}`))
    expect(await namesBelow(`${place}/pages/`)).toEqual([])
  })

  test("gives an object another name, also in the place of another one", async () => {
    const [from, to] = [`${place}/moved/a b`, `${place}/moved/c/d%2F`]
    await store.put(from, "content")
    await store.put(to, "former")
    await store.move({ url: from, bytes: 7 }, to)
    expect(text((await store.get(to))?.bytes)).toBe("content")
    expect(await store.look(from)).toBeUndefined()
    await expect(store.move({ url: from, bytes: 7 }, to)).rejects.toMatchObject({ code: "STORAGE_UNWRITABLE" })
    expect(text((await store.get(to))?.bytes)).toBe("content")
  })

  test("tells of a bucket that there is not", async () => {
    const other = objectStoreAt("gs://no-such-bucket")
    const missing = {
      code: "STORAGE_BUCKET_MISSING",
      message: "There is no bucket 'no-such-bucket'.",
      fix: expect.stringContaining("gcloud storage buckets create gs://no-such-bucket"),
    }
    await expect(other.put("gs://no-such-bucket/a", "")).rejects.toMatchObject(missing)
    await expect(other.list("gs://no-such-bucket/")[Symbol.asyncIterator]().next()).rejects.toMatchObject(missing)
  })
})

describe("a store whose answers are lost", () => {
  sharedEmulator()
  let proxy: LossyProxy
  beforeAll(async () => {
    proxy = await lossyProxy(process.env.STORAGE_EMULATOR_HOST ?? "")
    return () => proxy.close()
  })
  const behind = () => onTestFinished(setVariables({ STORAGE_EMULATOR_HOST: proxy.endpoint }))

  test.each(["unsent", "busy", "unanswered"] as const)("is asked again what is harmless twice: %s", async fault => {
    behind()
    const url = `${place}/again/${fault}`
    proxy.befall([fault])
    expect(await store.put(url, "one")).toBeDefined()
    proxy.befall([fault])
    expect(text((await store.get(url))?.bytes)).toBe("one")
    proxy.befall([fault])
    await store.remove([url])
    expect([await store.look(url), proxy.left]).toEqual([undefined, 0])
  })

  test("may say no to a conditional write that it has carried out: what is there tells", async () => {
    behind()
    const url = `${place}/again/pointer.json`
    proxy.befall(["unanswered"])
    expect(await store.put(url, "mine", { etag: null })).toBeUndefined()
    expect(text((await store.get(url))?.bytes)).toBe("mine")
  })

  test("is not asked without end", async () => {
    behind()
    proxy.befall(["busy", "busy", "busy", "busy"])
    await expect(store.put(`${place}/again/never`, "one")).rejects.toMatchObject({
      code: "STORAGE_UNWRITABLE",
      details: { status: 503 },
    })
    expect(proxy.left).toBe(0)
  })

  // The emulator ends an upload when it is asked how far it is, so that no request of an upload but the first one fails here.
  test("is asked again to begin an upload", async () => {
    behind()
    const isFirst = ({ method, url = "" }: IncomingMessage) => method === "POST" && url.includes("uploadType=resumable")
    proxy.befall(["busy", "unanswered"], isFirst)
    async function* pieces() {
      for (let i = 0; i < 3; i++) yield new Uint8Array(10 * 1024 * 1024)
    }
    expect(await store.upload(`${place}/again/upload`, pieces())).toBe(30 * 1024 * 1024)
    expect((await store.look(`${place}/again/upload`))?.bytes).toBe(30 * 1024 * 1024)
  })
})

function together<T>(count: number, act: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => act(i)))
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString("utf8")
}

async function namesBelow(prefix: string, of: ObjectStore = store): Promise<string[]> {
  const found: StoredObject[] = []
  for await (const object of of.list(prefix)) found.push(object)
  return found.map(({ url }) => url.slice(prefix.length))
}
