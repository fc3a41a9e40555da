import { execFileSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { ioContext } from "@assets/core/testing"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { parquetIO } from "../src/index.ts"
import { columns, key, numbers, pathsOf, Storage } from "./storage.ts"

const versions = (storage: Storage) => readdirSync(join(storage.asset, "_versions")).sort()

describe("on disk", () => {
  test("a version has its files, then a marker; a pointer and a link lead to it", async () => {
    const storage = new Storage()
    const { id } = await storage.write(numbers(3))
    const version = join(storage.asset, "_versions", id)
    expect(readdirSync(version).sort()).toEqual(["_assets.json", "part-0.parquet"])
    const marker = JSON.parse(readFileSync(join(version, "_assets.json"), "utf8"))
    expect(marker).toMatchObject({ format: 1, id, fingerprint: "print", dataVersion: "print", rows: 3, attempt: 1 })
    expect(marker.files).toMatchObject([{ path: "part-0.parquet", rows: 3 }])
    expect(marker.schema).toEqual(columns)
    const pointer = JSON.parse(readFileSync(join(storage.asset, "_current", "all.json"), "utf8"))
    expect(pointer).toMatchObject({ format: 1, id, fingerprint: "print", dataVersion: "print", partition: null })
    expect(readlinkSync(join(storage.asset, "latest"))).toBe(join("_versions", id))
    expect(readdirSync(join(storage.asset, "_writing"))).toEqual([])
  })

  test("a partition has a folder with its name, percent-encoded, and no link", async () => {
    const storage = new Storage()
    const hostile = "../o'brien *?[x]~/ü"
    const { id } = await storage.write(numbers(3), { partitions: [hostile] })
    const encoded = "%2E.%2Fo%27brien%20%2A%3F%5Bx%5D%7E%2F%C3%BC"
    expect(readdirSync(join(storage.asset, "_versions", id)).sort()).toEqual(["_assets.json", `partition=${encoded}`])
    expect(readdirSync(join(storage.asset, "_current"))).toEqual([`${encoded}.json`])
    expect(existsSync(join(storage.asset, "latest"))).toBe(false)
  })

  test("partitions whose names are alike, long, empty or those of our own files stay apart", async () => {
    const storage = new Storage()
    const long = "ü".repeat(150)
    const names = ["all", "", ".", "..", "a", "A", `${long}a`, `${long}b`, "~empty", "%61ll", "\ud800"]
    for (const partition of names) await storage.write(numbers(1), { partitions: [partition] })
    const current = await storage.current()
    expect(current.map(one => one.partition).sort()).toEqual([...names].sort())
    expect(current.every(one => one.intact)).toBe(true)
    expect(readdirSync(storage.base)).toEqual(["data"])
  })
})

describe("versions", () => {
  test("remain as many as are kept, and longer while a step reads them", async () => {
    const storage = new Storage({ keep: 2 })
    const [a, b] = [await storage.write(numbers(1)), await storage.write(numbers(2))]
    expect(versions(storage)).toEqual([a.id, b.id])
    const c = await storage.write(numbers(3), { inUse: [a.id] })
    expect(versions(storage)).toEqual([a.id, b.id, c.id])
    const d = await storage.write(numbers(4))
    expect(versions(storage)).toEqual([c.id, d.id])
  })

  test("of several partitions written at once go when no partition names them", async () => {
    const storage = new Storage({ keep: 1 })
    const both = await storage.write(numbers(2), { partitions: ["a", "b"] })
    expect(await storage.current()).toEqual([
      { id: both.id, partition: "a", intact: true },
      { id: both.id, partition: "b", intact: true },
    ])
    const a = await storage.write(numbers(1), { partitions: ["a"] })
    expect(versions(storage)).toEqual([both.id, a.id])
    const b = await storage.write(numbers(1), { partitions: ["b"] })
    expect(versions(storage)).toEqual([a.id, b.id])
  })

  test("that were refused leave nothing behind", async () => {
    const storage = new Storage()
    const refuse = () => {
      throw new Error("refused")
    }
    await expect(storage.write(numbers(1), { onApprove: refuse })).rejects.toThrow("refused")
    expect(versions(storage)).toEqual([])
    expect(readdirSync(join(storage.asset, "_writing"))).toEqual([])
  })

  test("come back without being written again, also one that was kept from before", async () => {
    const storage = new Storage({ keep: 3 })
    const first = await storage.write(numbers(1), { fingerprint: "first" })
    await storage.write(numbers(2), { fingerprint: "second" })
    expect((await storage.io.restore?.(storage.context(), "first"))?.id).toBe(first.id)
    expect((await storage.current())[0]?.id).toBe(first.id)
    expect((await storage.io.restore?.(storage.context(), "second"))?.fingerprint).toBe("second")
    expect(await storage.io.restore?.(storage.context({ partitions: ["a"] }), "first")).toBeUndefined()
  })

  test("of another process that still writes are left alone", async () => {
    const storage = new Storage()
    await storage.write(numbers(1))
    const partial = join(storage.asset, "_versions", "0-other")
    mkdirSync(partial)
    writeFileSync(join(partial, "part-0.parquet"), "half")
    const host = encodeURIComponent(execFileSync("hostname", { encoding: "utf8" }).trim())
    const mark = join(storage.asset, "_writing", `0-other,${process.ppid},${host}`)
    writeFileSync(mark, "")
    await storage.write(numbers(2))
    expect(existsSync(partial)).toBe(true)
    rmSync(mark)
    writeFileSync(join(storage.asset, "_writing", `0-other,4194303,${host}`), "") // no process has this pid
    await storage.write(numbers(3))
    expect(existsSync(partial)).toBe(false)
    expect(readdirSync(join(storage.asset, "_writing"))).toEqual([])
  })
})

describe("damage", () => {
  test.each(["", '{"format":1,"id":"x', "[]", '{"format":99}'])(
    "a pointer that holds %j is STORAGE_CORRUPT and names the file",
    async text => {
      const storage = new Storage()
      await storage.write(numbers(1))
      const path = join(storage.asset, "_current", "all.json")
      writeFileSync(path, text)
      const error = await storage.current().catch(e => e)
      expect(error).toMatchObject({ name: "StorageError", code: "STORAGE_CORRUPT", details: { path } })
      expect(error.fix).toContain(path)
      rmSync(path)
      await storage.write(numbers(2))
      expect(await storage.current()).toHaveLength(1)
    },
  )

  test("a torn marker is STORAGE_CORRUPT; one that is gone, or a file of another size, is not intact", async () => {
    const storage = new Storage()
    const record = await storage.write(numbers(1))
    const version = join(storage.asset, "_versions", record.id)
    truncateSync(join(version, "part-0.parquet"), 10)
    expect(await storage.current()).toEqual([{ id: record.id, partition: null, intact: false }])
    const marker = readFileSync(join(version, "_assets.json"), "utf8")
    writeFileSync(join(version, "_assets.json"), marker.slice(0, 50))
    await expect(storage.current()).rejects.toMatchObject({ code: "STORAGE_CORRUPT" })
    rmSync(join(version, "_assets.json"))
    expect(await storage.current()).toEqual([{ id: record.id, partition: null, intact: false }])
    await expect(storage.load([record])).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
  })

  test("a root that cannot be written is STORAGE_UNWRITABLE", async () => {
    const storage = new Storage()
    writeFileSync(join(storage.base, "data"), "a file in the place of the folder")
    await expect(storage.write(numbers(1))).rejects.toMatchObject({ name: "StorageError", code: "STORAGE_UNWRITABLE" })
  })

  test("a full disk is STORAGE_FULL, and what was current stays", async context => {
    const storage = new Storage()
    mkdirSync(join(storage.base, "data"))
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", join(storage.base, "data")], { stdio: "ignore" })
    } catch {
      context.skip("a small file system cannot be mounted without the rights of root")
    }
    onTestFinished(() => void execFileSync("umount", ["-l", join(storage.base, "data")]))
    const former = await storage.write(numbers(10))
    const error = await storage.write(numbers(2_000_000)).catch(e => e)
    expect(error).toMatchObject({ code: "STORAGE_FULL" })
    expect(await storage.current()).toEqual([{ id: former.id, partition: null, intact: true }])
    expect(versions(storage)).toEqual([former.id])
    expect(readdirSync(join(storage.asset, "_writing"))).toEqual([])
    const next = await storage.write(numbers(20))
    expect(await storage.current()).toEqual([{ id: next.id, partition: null, intact: true }])
  })

  test("a file system that is read-only is STORAGE_UNWRITABLE; what is there can be read, and written again later", async context => {
    const storage = new Storage()
    const root = join(storage.base, "data")
    mkdirSync(root)
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", root], { stdio: "ignore" })
    } catch {
      context.skip("a file system cannot be mounted without the rights of root")
    }
    onTestFinished(() => void execFileSync("umount", ["-l", root]))
    const former = await storage.write(numbers(10))
    await storage.io.close?.()
    execFileSync("mount", ["-o", "remount,ro", root])
    const error = await storage.write(numbers(20)).catch(e => e)
    expect(error).toMatchObject({ name: "StorageError", code: "STORAGE_UNWRITABLE" })
    expect(error.fix).not.toBe("")
    expect(await storage.current()).toEqual([{ id: former.id, partition: null, intact: true }])
    expect(pathsOf(await storage.load([former]))).toHaveLength(1)
    expect((await storage.io.doctor?.(ioContext(storage.base)))?.some(one => one.level === "error")).toBe(true)
    execFileSync("mount", ["-o", "remount,rw", root])
    const next = await storage.write(numbers(20))
    expect(await storage.current()).toEqual([{ id: next.id, partition: null, intact: true }])
  })
})

test("an input is the files of exactly the versions that were asked for", async () => {
  const storage = new Storage({ keep: 5 })
  const a = await storage.write(numbers(1), { partitions: ["a"] })
  const b = await storage.write(numbers(1), { partitions: ["b"] })
  await storage.write(numbers(2), { partitions: ["a"] })
  const paths = pathsOf(await storage.load([a, b], ["a", "b"]))
  expect(paths).toEqual([
    join(storage.asset, "_versions", a.id, "partition=a", "part-0.parquet"),
    join(storage.asset, "_versions", b.id, "partition=b", "part-0.parquet"),
  ])
  expect(await storage.io.locate({ ...ioContext(storage.base), key }, [a, b])).toEqual(paths)
  expect(await storage.load([], ["c"])).toMatchObject({ kind: "relation", relation: { kind: "values", rows: [] } })
})

test("JSON values of several partitions come as an object by partition", async () => {
  const storage = new Storage()
  const a = await storage.write({ kind: "json", value: { x: [1, null] } }, { partitions: ["a"] })
  const b = await storage.write({ kind: "json", value: "two" }, { partitions: ["b"] })
  expect(await storage.load([a, b], ["a", "b"])).toEqual({ kind: "json", value: { a: { x: [1, null] }, b: "two" } })
  expect(await storage.load([b], ["b"])).toEqual({ kind: "json", value: "two" })
})

test("an asset is removed with its folder, and its neighbours stay", async () => {
  const storage = new Storage()
  const _signal = new AbortController().signal
  await storage.write(numbers(1))
  await storage.io.remove?.({ ...ioContext(storage.base), key })
  expect(readdirSync(join(storage.base, "data"))).toEqual(["_lock"])
  await storage.write(numbers(1), { key: "marts/other" })
  await storage.io.remove?.({ ...ioContext(storage.base), key })
  expect(readdirSync(join(storage.base, "data", "marts"))).toEqual(["other"])
})

test("a root of a kind that is not known is refused when it is used, not when the config is loaded", async () => {
  const storage = new Storage({ root: "abfss://lake/assets" })
  await expect(storage.current()).rejects.toMatchObject({ name: "ConfigError", code: "ENVIRONMENT_UNSUPPORTED" })
  expect(() => parquetIO({ root: "data", keep: 0 })).toThrow(/wrong options/)
})

test("a root that a variable takes to an object store is refused: what the environment can do depends on it", async () => {
  vi.stubEnv("LAKE", "s3://lake")
  onTestFinished(() => void vi.unstubAllEnvs())
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it stands so in a config
  const storage = new Storage({ root: "${LAKE}/assets" })
  await expect(storage.current()).rejects.toMatchObject({ fix: expect.stringContaining("s3:// in the root itself") })
})

test.each(["hdfs", "gs"])(
  "a root on %s:// is for Spark, which is its default engine; another one is refused when the config loads",
  scheme => {
    const io = parquetIO({ root: `${scheme}://lake/assets` })
    expect(io.refusal?.({ engine: "duckdb" })?.why).toContain(`Files on ${scheme}:// are read and written by Spark`)
    expect(io.defaultEngine).toEqual({ module: "@assets/io-spark", name: "spark" })
    expect(io.refusal?.({ engine: "spark" })).toBeUndefined()
    expect(io.refusal?.({ engine: "duckdb" })?.fix).toContain("engine: spark()")
  },
)

test("a root on an object store has no publication of several assets, so that a config that needs one is refused", () => {
  const io = parquetIO({ root: "s3://lake/assets" })
  expect([io.publish, io.adopt]).toEqual([undefined, undefined])
  expect(parquetIO({ root: "data" }).publish).toBeDefined()
})
