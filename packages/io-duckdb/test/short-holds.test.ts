import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { ioContext } from "@assets/core/testing"
import { describe, expect, onTestFinished, test } from "vitest"
import { duckdbFileIO } from "../src/index.ts"
import { countOf, currentOf, key, load, openStorage, write } from "./file-storage.ts"
import { numberColumns, numbers, sql, temporaryFolder } from "./tables.ts"

const worker = join(dirname(fileURLToPath(import.meta.url)), "file-worker.ts")

interface Told {
  readonly ms: number
  readonly rows: number | null
  readonly waits?: readonly string[]
}

interface Working {
  readonly child: ChildProcess
  readonly ended: Promise<{
    readonly told: readonly Told[]
    readonly code: number | null
    readonly signal: string | null
  }>
}

/** Starts a process that reads or writes; see `file-worker.ts`. */
function start(args: readonly (string | number)[], env: { readonly [name: string]: string } = {}): Working {
  const node = ["--conditions=@assets/source", "--import", "tsx", worker, ...args.map(String)]
  const child = spawn(process.execPath, node, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  let text = ""
  child.stdout?.on("data", chunk => (text += chunk))
  const ended = once(child, "close").then(([code, signal]) => ({
    told: text.split("\n").flatMap(line => (line === "" ? [] : [JSON.parse(line) as Told])),
    code: code as number | null,
    signal: signal as string | null,
  }))
  return { child, ended }
}

/** Waits until the kernel tells that a process is stopped. */
async function isStopped(pid: number): Promise<void> {
  for (;;) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    if (stat.slice(stat.lastIndexOf(")") + 2)[0] === "T") return
    await new Promise(resolve => setImmediate(resolve))
  }
}

test("four processes that write and two that read all get their turns, and nothing is lost", async () => {
  const base = temporaryFolder()
  const seconds = 6
  const writers = [1, 2, 3, 4].map(i => start(["append", base, `marts/w${i}`, 1000, seconds]))
  const readers = [1, 2].map(i => start(["read", base, `marts/w${i}`, 1, seconds]))
  const written = await Promise.all(writers.map(one => one.ended))
  const read = await Promise.all(readers.map(one => one.ended))
  expect([...written, ...read].map(one => one.code)).toEqual([0, 0, 0, 0, 0, 0])
  const turns = written.map(one => one.told.length)
  expect(Math.min(...turns)).toBeGreaterThan(Math.max(...turns) / 10)
  expect(written.some(one => one.told.some(({ waits }) => waits?.some(who => /PID \d+/.test(who))))).toBe(true)
  expect(Math.min(...read.map(one => one.told.length))).toBeGreaterThan(Math.max(...turns) / 10)
  const storage = await openStorage(base)
  for (const [i, count] of turns.entries()) {
    const [current] = await currentOf(storage, `marts/w${i + 1}`)
    expect(current?.applied?.size).toBe(count)
  }
  expect(readdirSync(base)).toEqual(["w.duckdb"])
})

test("who computes into the table makes room when another process begins to wait", async () => {
  const base = temporaryFolder()
  const storage = await openStorage(base)
  await write(storage, numbers(3))
  const writing = start(["write", base, "marts/big", 2_000_000, 0])
  while (!existsSync(`${storage.file}.holder`)) await new Promise(resolve => setImmediate(resolve))
  const begun = performance.now()
  expect(await currentOf(storage)).toHaveLength(1)
  const waited = performance.now() - begun
  const { told, code } = await writing.ended
  expect([code, told[0]?.rows]).toEqual([0, 2_000_000])
  expect(waited).toBeLessThan(told[0]?.ms ?? 0)
})

describe("a process that dies", () => {
  test.each(["io.write", "io.marker", "io.pointer"])(
    "at %s holds nobody up, and leaves what was there",
    async point => {
      const base = temporaryFolder()
      const storage = await openStorage(base)
      await write(storage, numbers(3))
      const dying = start(["append", base, key, 1000, 0], { ASSETS_FAULT: `${point}:1:kill` })
      expect((await dying.ended).signal).toBe("SIGKILL")
      const [current] = await currentOf(storage)
      expect(current && (await countOf(storage, await load(storage, [current.materialization])))).toBe(3)
      expect((await write(storage, numbers(4))).rows).toBe(4)
      await storage.io.collect?.({ ...ioContext(base), dryRun: false, inUse: () => new Set() }, [key])
      expect(readdirSync(base)).toEqual(["w.duckdb"])
    },
  )

  test("at any moment of the making of the file leaves none, or a whole one", async () => {
    for (const ms of [400, 500, 600, 700, 800, 900]) {
      const base = temporaryFolder()
      const { child, ended } = start(["append", base, key, 1000, 5])
      setTimeout(() => child.kill("SIGKILL"), ms)
      await ended
      const storage = await openStorage(base)
      const former = (await currentOf(storage))[0]?.applied?.size ?? 0
      const record = await write(storage, numbers(2), { key: "marts/next" })
      expect(await countOf(storage, await load(storage, [record]))).toBe(2)
      expect((await currentOf(storage))[0]?.applied?.size ?? 0).toBe(former)
    }
  })
})

test("a stopped process that holds the file is told as stopped, with its work, and how to wake it", async () => {
  const base = temporaryFolder()
  const storage = await openStorage(base, 300)
  await write(storage, numbers(3))
  const { child, ended } = start(["write", base, "marts/other", 10, 0], { ASSETS_FAULT: "io.pointer:1:stop" })
  await isStopped(child.pid ?? 0)
  const waits: string[] = []
  const writing = write(storage, numbers(4), { waiting: holder => void waits.push(holder) })
  await expect(writing).rejects.toMatchObject({
    code: "STORAGE_BUSY",
    fix: expect.stringContaining(`-CONT ${child.pid}`),
  })
  expect(waits[0]).toMatch(new RegExp(`PID ${child.pid}\\), which is stopped, run run-${child.pid}, marts/other`))
  const findings = await storage.io.doctor?.(ioContext(base))
  expect(findings?.[0]).toMatchObject({ level: "warn", what: expect.stringContaining(`PID ${child.pid}`) })
  child.kill("SIGCONT")
  expect((await ended).code).toBe(0)
  expect((await write(storage, numbers(4))).rows).toBe(4)
})

test("a wait ends when its run is cancelled, also a wait for another step of the process", async () => {
  const storage = await openStorage()
  const record = await write(storage, numbers(3))
  const stored = await load(storage, [record])
  if (stored.kind !== "relation") throw new Error("a table was stored")
  const reading = storage.session.batches(stored.relation, new AbortController().signal)[Symbol.asyncIterator]()
  await reading.next()
  const controller = new AbortController()
  const waits: string[] = []
  const waiting = (holder: string) => {
    waits.push(holder)
    controller.abort()
  }
  const plain = { kind: "json", value: 1 } as const
  await expect(write(storage, plain, { key: "marts/json", waiting, signal: controller.signal })).rejects.toMatchObject({
    code: "RUN_CANCELLED",
  })
  expect(waits).toEqual(["another step of this process"])
  await reading.return?.()
})

test("a path may hold variables, spaces and quotes, and lead outside the folder by a link", async () => {
  const [base, elsewhere] = [temporaryFolder(), temporaryFolder()]
  symlinkSync(elsewhere, join(base, 'it\'s a "link"'))
  const storage = await openStorage(base)
  const variable = `$${"{NAME}"}`
  const path = `it's a "link"/${variable} of mine.duckdb`
  const io = duckdbFileIO({ path })
  onTestFinished(() => io.close?.())
  const expand = (text: string) => text.replace(variable, "house")
  const record = await write({ ...storage, io }, numbers(3), { expand })
  expect(existsSync(join(elsewhere, "house of mine.duckdb"))).toBe(true)
  expect((await io.current({ ...ioContext(base), expand }, [key])).get(key)?.[0]?.materialization.id).toBe(record.id)
  expect(io.describe?.()).toEqual({ path })
})

test.each([[[]], [["a"]]])("sortBy lays the rows of a table out in order, of the partitions %j", async partitions => {
  const storage = await openStorage()
  await sql(
    storage.session,
    "CREATE TABLE memory.main.mixed AS SELECT range AS n FROM range(300000) ORDER BY hash(range)",
  )
  const relation = { kind: "table", path: ["memory", "main", "mixed"], schema: numberColumns } as const
  const layout = { sortBy: ["n"], targetFileMB: 1, compression: "gzip" } as const
  await write(storage, { kind: "relation", relation, schema: numberColumns }, { layout, partitions })
  await sql(storage.session, `ATTACH '${storage.file}' AS byhand (READ_ONLY)`)
  const [found] = await sql(
    storage.session,
    "SELECT count(*)::INTEGER AS misplaced FROM (SELECT n < lag(n) OVER (ORDER BY rowid) AS less FROM byhand.marts.numbers) WHERE less",
  )
  await sql(storage.session, "DETACH byhand")
  expect(found).toEqual({ misplaced: 0 })
})
