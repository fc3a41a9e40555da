import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Materialization } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import Database from "better-sqlite3"
import { describe, expect, test } from "vitest"
import { parquetIO } from "../src/index.ts"
import { columns, key, nextId, numbers, pathsOf, Storage } from "./storage.ts"

const namesIn = (path: string) => (existsSync(path) ? readdirSync(path).sort() : [])
const versions = (storage: Storage) => namesIn(join(storage.asset, "_versions"))
const marks = (storage: Storage) => readdirSync(join(storage.asset, "_writing"))
const about = (storage: Storage) => ({ ...ioContext(storage.base), key })

async function collect(
  storage: Storage,
  options: { readonly dryRun?: boolean; readonly inUse?: readonly string[] } = {},
) {
  const { dryRun = false, inUse = [] } = options
  const context = { ...ioContext(storage.base), dryRun, inUse: () => new Set(inUse) }
  return (await storage.io.collect?.(context, [key])) ?? []
}

/** The rows of what is current, as its marker counts them. */
async function rowsOf(
  storage: Storage,
  record: Materialization,
  partitions: readonly string[] = [],
): Promise<string[]> {
  return [...pathsOf(await storage.load([record], partitions))]
}

/** Lets something happen between the look at what is current and the commit. */
function meanwhile(storage: Storage, fingerprint: string) {
  return async () => {
    const other = new Storage({}, storage.base)
    await other.write(numbers(9), { fingerprint })
    await other.io.close?.()
  }
}

describe("a write that another one has overtaken", () => {
  test("is a conflict; its version is kept, and adopted once it is wanted", async () => {
    const storage = new Storage()
    await storage.write(numbers(1), { fingerprint: "base" })
    const request = { id: nextId(), fingerprint: "slow", onApprove: meanwhile(storage, "quick") }
    const error = await storage.write(numbers(5), request).catch(thrown => thrown)
    expect(error).toMatchObject({ name: "StorageError", code: "STORAGE_CONFLICT" })
    const [current] = (await storage.io.current(about(storage), [key])).get(key) ?? []
    expect(current?.materialization.fingerprint).toBe("quick")
    expect(versions(storage)).toContain(request.id)
    expect(await collect(storage, { dryRun: true })).toEqual([])
    expect((await storage.io.restore?.(storage.context(), "slow"))?.id).toBe(request.id)
    expect((await storage.current())[0]?.id).toBe(request.id)
    expect(marks(storage)).toEqual([])
  })

  test("resolves with the other's record when that one has done the same work", async () => {
    const storage = new Storage()
    await storage.write(numbers(1), { fingerprint: "base" })
    const id = nextId()
    const record = await storage.write(numbers(5), { id, fingerprint: "same", onApprove: meanwhile(storage, "same") })
    expect(record.id).not.toBe(id)
    expect((await storage.current())[0]?.id).toBe(record.id)
    expect(versions(storage)).not.toContain(id)
    expect(marks(storage)).toEqual([])
  })

  test("leaves nothing behind when it would have added rows", async () => {
    const storage = new Storage()
    await storage.write(numbers(1), { fingerprint: "base" })
    const id = nextId()
    const request = { id, write: "append", onApprove: meanwhile(storage, "quick") } as const
    await expect(storage.write(numbers(5), request)).rejects.toMatchObject({ code: "STORAGE_CONFLICT" })
    expect(versions(storage)).not.toContain(id)
    expect(marks(storage)).toEqual([])
  })

  test("of several partitions moves none of them", async () => {
    const storage = new Storage()
    await storage.write({ kind: "json", value: 0 }, { partitions: ["a"] })
    const other = new Storage({}, storage.base)
    const request = {
      partitions: ["a", "b", "c"],
      fingerprint: "all",
      onApprove: async () => void (await other.write({ kind: "json", value: 1 }, { partitions: ["b"] })),
    }
    await expect(storage.write({ kind: "json", value: 2 }, request)).rejects.toMatchObject({ code: "STORAGE_CONFLICT" })
    expect((await storage.current()).map(one => one.partition).sort()).toEqual(["a", "b"])
  })
})

test("ids that sort before former ones, as after a clock was set back, change nothing", async () => {
  const storage = new Storage({ keep: 2 })
  const idOf = (year: number) => `0${year}0000-0000-7000-8000-000000000000`
  await storage.write(numbers(1), { id: idOf(190) })
  await storage.write(numbers(2), { id: idOf(180) })
  const third = await storage.write(numbers(3), { id: idOf(170) })
  expect((await storage.current())[0]?.id).toBe(third.id)
  expect(versions(storage)).toEqual([idOf(170), idOf(180)])
  // An orphan whose clock ran ahead goes once something else has become current, and one from behind stays until then.
  const orphan = idOf(100)
  const refuse = { id: orphan, fingerprint: "orphan", staged: true } as const
  await storage.write(numbers(4), refuse)
  abandon(storage, orphan)
  expect(await collect(storage)).toEqual([])
  await storage.write(numbers(5), { id: idOf(160) })
  expect(versions(storage)).toEqual([idOf(160), idOf(170)])
})

test("an orphan that another takes for garbage while it is to be restored is not made current", async () => {
  const storage = new Storage()
  const orphan = await storage.write(numbers(4), { staged: true, fingerprint: "wanted" })
  abandon(storage, orphan.id)
  const [mark = ""] = marks(storage)
  utimesSync(join(storage.asset, "_writing", mark), 1, 1)
  const other = new Storage({}, storage.base)
  expect(await collect(other, { dryRun: true })).toHaveLength(1)
  const lock = new Database(join(storage.base, "data", "_lock"))
  lock.exec("BEGIN IMMEDIATE")
  const restored = storage.io.restore?.(storage.context(), "wanted") // finds it, and waits for the lock
  await new Promise(resolve => setImmediate(resolve))
  lock.exec("ROLLBACK")
  lock.close()
  await Promise.all([collect(other), restored])
  expect(await restored).toBeUndefined()
  expect(await storage.current()).toEqual([])
  await other.io.close?.()
})

/** Makes a write one of a process that died. */
function abandon(storage: Storage, id: string): void {
  const [mark = ""] = marks(storage).filter(name => name.startsWith(id))
  const path = join(storage.asset, "_writing", mark)
  writeFileSync(path.replace(`,${process.pid},`, ",4194303,"), readFileSync(path))
  rmSync(path)
}

describe("a staged version", () => {
  test("that was kept from before is no garbage to a process that knows nothing of its run", async () => {
    const storage = new Storage({ keep: 2 })
    const first = await storage.write(numbers(1), { fingerprint: "first" })
    const second = await storage.write(numbers(2), { fingerprint: "second" })
    const context = { ...storage.context({ fingerprint: "first" }), staged: true }
    const restored = await storage.io.restore?.(context, "first")
    expect(restored?.id).toBe(first.id)
    expect(await collect(new Storage({ keep: 1 }, storage.base))).toEqual([])
    const publication = { key, partition: null, materialization: first, former: second.id }
    const commit = <T>(change: () => T) => change()
    await storage.io.publish?.({ ...ioContext(storage.base), commit, inUse: () => new Set() }, [publication])
    expect(await storage.current()).toEqual([{ id: first.id, partition: null, intact: true }])
  })

  test("is kept as long as its process lives, and is an orphan afterwards", async () => {
    const storage = new Storage({ keep: 1 })
    const staged = await storage.write(numbers(1), { staged: true, fingerprint: "staged" })
    expect(await storage.current()).toEqual([])
    await storage.write(numbers(2))
    await storage.write(numbers(3))
    expect(await collect(storage)).toEqual([])
    expect(versions(storage)).toContain(staged.id)
    abandon(storage, staged.id)
    expect((await collect(storage)).map(one => [one.why, one.what])).toEqual([
      ["orphan", join(storage.asset, "_versions", staged.id)],
    ])
    expect(marks(storage)).toEqual([])
  })

  test("that adds rows keeps those that it adds to", async () => {
    const storage = new Storage({ keep: 1 })
    const first = await storage.write(numbers(1), { write: "append", fingerprint: "a" })
    const staged = await storage.write(numbers(2), { write: "append", fingerprint: "b", staged: true })
    await storage.write(numbers(3))
    expect(versions(storage)).toContain(first.id)
    expect(await rowsOf(storage, staged)).toHaveLength(2)
  })
})

describe("collect", () => {
  test("takes partial writes, old orphans, what is beyond keep and temporary files, and says how much", async () => {
    const storage = new Storage({ keep: 4 })
    const [a, b, c] = [
      await storage.write(numbers(1)),
      await storage.write(numbers(2)),
      await storage.write(numbers(3)),
    ]
    const partial = nextId()
    mkdirSync(join(storage.asset, "_versions", partial))
    writeFileSync(join(storage.asset, "_versions", partial, "part-0.parquet"), "12345")
    const orphan = await storage.write(numbers(4), { staged: true })
    abandon(storage, orphan.id)
    const [mark = ""] = marks(storage)
    utimesSync(join(storage.asset, "_writing", mark), 1, 1)
    for (const name of ["latest.1.tmp", "_current/all.json.1-1.tmp"]) writeFileSync(join(storage.asset, name), "1")
    const fewer = new Storage({ keep: 1 }, storage.base)
    const planned = await collect(fewer, { dryRun: true, inUse: [b.id] })
    const found = await collect(fewer, { inUse: [b.id] })
    expect(found).toEqual(planned)
    expect(found.map(one => [one.why, one.bytes > 0]).sort()).toEqual([
      ["dropped", true],
      ["orphan", true],
      ["partial", true],
      ["temporary", true],
      ["temporary", true],
    ])
    expect(versions(storage)).toEqual([b.id, c.id])
    expect(existsSync(join(storage.asset, "_versions", a.id))).toBe(false)
    expect(marks(storage)).toEqual([])
    expect((await fewer.current())[0]).toMatchObject({ id: c.id, intact: true })
    expect((await fewer.io.versions?.(about(fewer), null))?.map(one => one.id)).toEqual([c.id, b.id])
  })
})

describe("adopt", () => {
  test("links the files of another root, also those of appended versions, and needs nothing of it afterwards", async () => {
    const branch = new Storage()
    await branch.write(numbers(1), { write: "append", fingerprint: "a" })
    const appended = await branch.write(numbers(2), { write: "append", fingerprint: "b" })
    const prod = new Storage({ root: "prod" }, branch.base)
    const record = { ...appended, id: nextId() }
    const adoption = { from: branch.io, fromContext: about(branch), materialization: appended, record }
    expect(await prod.io.adopt?.(about(prod), adoption)).toEqual(record)
    expect(await prod.current()).toEqual([])
    const context = {
      ...ioContext(prod.base),
      commit: <T>(change: () => T) => change(),
      inUse: () => new Set<string>(),
    }
    await prod.io.publish?.(context, [{ key, partition: null, materialization: record, former: null }])
    const paths = await rowsOf(prod, record)
    expect(paths).toHaveLength(2)
    expect(paths.every(path => path.startsWith(join(prod.base, "prod")) && statSync(path).nlink === 2)).toBe(true)
    await branch.io.remove?.(about(branch))
    const [current] = (await prod.io.current(about(prod), [key])).get(key) ?? []
    expect([current?.intact, [...(current?.applied ?? [])]]).toEqual([true, ["a", "b"]])
    const again = await prod.write(numbers(2), { write: "append", fingerprint: "b" })
    expect(again.id).toBe(record.id)
  })

  test("is told when the data is gone, and gives nothing for storage of another kind", async () => {
    const storage = new Storage()
    const record = await storage.write(numbers(1))
    rmSync(join(storage.asset, "_versions", record.id), { recursive: true })
    const adoption = {
      from: storage.io,
      fromContext: about(storage),
      materialization: record,
      record: { ...record, id: nextId() },
    }
    await expect(storage.io.adopt?.(about(storage), adoption)).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
    expect(marks(storage)).toEqual([])
    const { memoryIO } = await import("@assets/core/testing")
    expect(await storage.io.adopt?.(about(storage), { ...adoption, from: memoryIO() })).toBeUndefined()
  })
})

describe("doctor", () => {
  test("finds nothing wrong with a root that is well, or not there yet", async () => {
    const storage = new Storage()
    expect((await storage.io.doctor?.(ioContext(storage.base)))?.map(one => one.level)).not.toContain("error")
    expect(readdirSync(storage.base)).toEqual([])
    await storage.write(numbers(1))
    const found = (await storage.io.doctor?.(ioContext(storage.base))) ?? []
    expect(found.at(-1)).toMatchObject({ level: "ok", what: expect.stringContaining("1 assets") })
  })

  test("names what is damaged or gone, each with a fix", async () => {
    const storage = new Storage()
    const record = await storage.write(numbers(1), { partitions: ["it's"] })
    await storage.write(numbers(1), { partitions: ["b"] })
    const other = await storage.write(numbers(1), { key: "marts/other" })
    rmSync(join(storage.asset, "_versions", record.id, "partition=it%27s", "part-0.parquet"))
    writeFileSync(join(storage.asset, "_current", "b.json"), "{")
    writeFileSync(join(storage.base, "data", "marts", "other", "_versions", other.id, "_assets.json"), "[]")
    writeFileSync(join(storage.base, "data", "_published.json"), "x")
    const found = (await storage.io.doctor?.(ioContext(storage.base))) ?? []
    const wrong = found.filter(one => one.level === "error")
    expect(wrong).toHaveLength(4)
    expect(wrong.every(one => one.fix !== undefined && one.fix !== "")).toBe(true)
    for (const told of ["_published.json", "[it's]", "b.json", other.id]) {
      expect(wrong.filter(one => one.what.includes(told))).toHaveLength(1)
    }
  })
})

describe("an append", () => {
  const script = fileURLToPath(new URL("appender-process.ts", import.meta.url))

  async function appending(base: string, fingerprints: readonly string[], fault?: string) {
    const args = ["--conditions=@assets/source", "--import", "tsx", script, base, ...fingerprints]
    const env = { ...process.env, ...(fault && { ASSETS_FAULT: fault }) }
    return once(spawn(process.execPath, args, { env, stdio: "inherit" }), "exit")
  }

  test.each(["io.write", "io.marker", "io.pointer"])("whose process was killed at %s is made once", async point => {
    const storage = new Storage()
    expect(await appending(storage.base, ["a", "b"], `${point}:2:kill`)).toEqual([null, "SIGKILL"])
    expect(await appending(storage.base, ["a", "b"])).toEqual([0, null])
    expect(await appending(storage.base, ["b", "a"])).toEqual([0, null])
    const [current] = (await storage.io.current(about(storage), [key])).get(key) ?? []
    expect(current?.intact).toBe(true)
    expect([...(current?.applied ?? [])].sort()).toEqual(["a", "b"])
    if (current) expect(await rowsOf(storage, current.materialization)).toHaveLength(2)
    await collect(storage)
    expect(versions(storage)).toHaveLength(2)
    expect(marks(storage)).toEqual([])
  })
})

describe("several partitions written at once", () => {
  test("are read alone when each file tells whose rows it holds, and refused when none does", async () => {
    const storage = new Storage()
    const both = await storage.write(numbers(2), { partitions: ["a", "b"] })
    const b = await storage.write(numbers(1), { partitions: ["b"] })
    expect(await rowsOf(storage, both, ["a", "b"])).toHaveLength(1)
    await expect(storage.load([both], ["a"])).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
    const marker = join(storage.asset, "_versions", both.id, "_assets.json")
    const value = JSON.parse(readFileSync(marker, "utf8"))
    const [file] = value.files
    writeFileSync(marker, JSON.stringify({ ...value, files: [{ ...file, partition: "a" }] }))
    expect(await rowsOf(storage, both, ["a"])).toHaveLength(1)
    const read = pathsOf(await storage.load([both, b], ["a", "b"]))
    expect(read.map(path => path.includes(b.id))).toEqual([false, true])
  })

  test("give their JSON values by partition, each from the version that is current of it", async () => {
    const storage = new Storage()
    const both = await storage.write({ kind: "json", value: 1 }, { partitions: ["a", "b"] })
    const b = await storage.write({ kind: "json", value: 2 }, { partitions: ["b"] })
    expect(await storage.load([both, b], ["a", "b"])).toEqual({ kind: "json", value: { a: 1, b: 2 } })
    expect(await storage.load([b, both], ["a", "b"])).toEqual({ kind: "json", value: { a: 1, b: 2 } })
  })
})

describe("a layout that cannot be written is refused before anything is", () => {
  test.each([
    [{ partitionBy: ["nope"] }, "nope"],
    [{ sortBy: ["nope"] }, "nope"],
    [{ partitionBy: ["n"] }, "all columns"],
    [{ partitionBy: ["n", "N"] }, "twice"],
    [{ targetFileMB: 0 }, "targetFileMB"],
    [{ targetFileMB: Number.NaN }, "targetFileMB"],
    [{ compression: "lzo" as "zstd" }, "lzo"],
  ])("%j", async (layout, told) => {
    const storage = new Storage()
    const error = await storage.write(numbers(1), { layout }).catch(thrown => thrown)
    expect(error).toMatchObject({
      name: "ConfigError",
      code: "ASSET_OPTIONS_INVALID",
      why: expect.stringContaining(told),
    })
    expect(versions(storage)).toEqual([])
  })

  test("a compression of the manager's own is looked at when it is made", () => {
    expect(() => parquetIO({ root: "data", compression: "lzo" as "zstd" })).toThrow(/wrong options/)
    expect(columns.columns).toHaveLength(1)
  })
})
