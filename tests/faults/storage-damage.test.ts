import { spawn, spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type CliProject, cliProject, type Ended } from "../e2e/cli-project.ts"

const files = {
  "assets.ts": `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { lit } from "@assets/dataframe/functions"

const generation = Number(process.env.GENERATION ?? 1)
const returns = frame({ id: t.int64, generation: t.int32 })
export const rows = asset("made/rows", {
  returns,
  version: String(generation),
  compute: () => Array.from({ length: 5_000 }, (_, id) => ({ id: BigInt(id), generation })),
})
export const copy = asset("made/copy", { deps: { rows }, returns, transform: ({ rows }) => rows.filter(f => f.id.geq(0)) })
export const log = asset("made/log", {
  deps: { rows },
  returns,
  write: "append",
  transform: ({ rows }) => rows.filter(f => f.id.lt(10)).select(f => ({ id: f.id, generation: lit(generation).cast(t.int32) })),
})
`,
  "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "lake",
  environments: {
    lake: { engine: duckdb({ threads: 1 }), io: parquetIO({ root: "store/data" }) },
    file: { engine: duckdb({ threads: 1 }), io: duckdbFileIO({ path: "store/w.duckdb", waitMs: 1_000 }) },
  },
})
`,
}

const storages = ["lake", "file"] as const
type Storage = (typeof storages)[number]

/** One project in one of its environments. */
class Case {
  readonly project: CliProject = cliProject(files)
  readonly storage: Storage

  constructor(storage: Storage) {
    this.storage = storage
  }

  path(...parts: readonly string[]): string {
    return this.project.path(...parts)
  }

  run(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
    return this.project.assets([...args, "--env", this.storage], { env })
  }

  async materialize(generation: number, env: { readonly [name: string]: string } = {}): Promise<Ended> {
    return this.run(["materialize"], { GENERATION: `${generation}`, ...env })
  }

  /** Everything is there and of one generation; the additions of each of those told, once. */
  async expectStored(generation: number, added: readonly number[], addedRows = 10): Promise<void> {
    const query = ["rows", "copy", "log"]
      .map(name => `select '${name}' as "table", generation, count(*)::int as n from made.${name} group by 2`)
      .join(" union all ")
    const { code, stdout, stderr } = await this.run(["sql", `${query} order by 1, 2`, "--json"])
    expect(code, stderr).toBe(0)
    const there = stdout
      .trim()
      .split("\n")
      .map(line => JSON.parse(line))
    expect(there).toEqual([
      { table: "copy", generation, n: 5_000 },
      ...added.map(one => ({ table: "log", generation: one, n: addedRows })),
      { table: "rows", generation, n: 5_000 },
    ])
  }

  async expectDone(generation: number, env: { readonly [name: string]: string } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.materialize(generation, env)
    expect(stdout + stderr).toContain(" failed=0 ")
    expect(code).toBe(0)
    return stdout
  }

  /** The file that holds the rows of an asset, or of all. */
  dataFile(name: string): string {
    if (this.storage === "file") return this.path("store", "w.duckdb")
    const asset = this.path("store", "data", "made", name)
    const { id } = JSON.parse(readFileSync(join(asset, "_current", "all.json"), "utf8"))
    const version = join(asset, "_versions", id)
    const file = readdirSync(version).find(one => one.endsWith(".parquet"))
    return join(version, file ?? "")
  }
}

/** It failed as the product fails: a code, why, a fix that can be done, no stack, nothing after a crash. */
function expectRefused(ended: Ended, codes: RegExp): void {
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(codes)
  expect(ended.stderr).toMatch(/^ {2}why {2}\S/m)
  expect(ended.stderr).toMatch(/^ {2}fix {2}\S/m)
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
}

/** Puts garbage of the same length in the middle of a file. */
function scribble(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0x5a, Math.floor(bytes.length / 4), Math.floor((bytes.length * 3) / 4))
  writeFileSync(path, bytes)
}

/** Waits until the kernel tells that a process is stopped. */
async function isStopped(pid: number): Promise<void> {
  while (readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")[0] !== "T") {
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Runs until a fault point is passed; there the work is done, and the run goes on. */
async function runAround(one: Case, point: string, work: () => unknown): Promise<Ended> {
  const env = { GENERATION: "2", ASSETS_FAULT: `${point}:stop` }
  const child = one.project.start(["materialize", "--env", one.storage], { env })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", text => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", text => (stderr += text))
  const ended = new Promise<Ended>(resolve => child.on("close", code => resolve({ code, stdout, stderr })))
  try {
    await isStopped(child.pid ?? 0)
    await work()
  } finally {
    child.kill("SIGCONT")
  }
  return ended
}

const isRoot = process.getuid?.() === 0

describe.each(storages)("the storage of %s", storage => {
  test.skipIf(!isRoot)(
    "read-only: what is stored can be read, a run says what to do, and completes later",
    async () => {
      const one = new Case(storage)
      const disk = one.path("store")
      mkdirSync(disk)
      expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", disk]).status).toBe(0)
      try {
        await one.expectDone(1)
        expect(spawnSync("mount", ["-o", "remount,ro", disk]).status).toBe(0)
        const refused = await one.materialize(2)
        expectRefused(refused, /STORAGE_UNWRITABLE/)
        expect(refused.stderr).toContain("store")
        await one.expectStored(1, [1])
        expect((await one.run(["status"])).code).toBe(0)
        expect(spawnSync("mount", ["-o", "remount,rw", disk]).status).toBe(0)
        await one.expectDone(2)
        await one.expectStored(2, [1, 2])
      } finally {
        spawnSync("umount", [disk])
      }
    },
  )

  test.each(["step.compute:1", "step.compute:2", "io.write:2"])(
    "deleted while a run is at %s: the run ends with a reason, and the next one makes everything again",
    async point => {
      const one = new Case(storage)
      await one.expectDone(1)
      const ended = await runAround(one, point, () => rmSync(one.path("store"), { recursive: true, force: true }))
      if (ended.code !== 0) expectRefused(ended, /STORAGE_|INPUT_MISSING|ENGINE_QUERY_FAILED/)
      await one.expectDone(2)
      await one.expectStored(2, [2])
    },
  )

  test("deleted between two runs: status tells it, and the next run makes everything again", async () => {
    const one = new Case(storage)
    await one.expectDone(1)
    rmSync(one.path("store"), { recursive: true, force: true })
    expect((await one.run(["status"])).stdout).toContain("missing=3")
    expectRefused(await one.run(["show", "made/rows"]), /STORAGE_DATA_MISSING/)
    await one.expectDone(1)
    await one.expectStored(1, [1])
  })
})

describe("a current Parquet file", () => {
  test("cut off: status tells it, show refuses it, and the next run makes it again", async () => {
    const one = new Case("lake")
    await one.expectDone(1)
    const path = one.dataFile("rows")
    truncateSync(path, Math.floor(statSync(path).size / 2))
    expect((await one.run(["status"])).stdout).toMatch(/missing +made\/rows/)
    expectRefused(await one.run(["show", "made/rows"]), /STORAGE_DATA_MISSING|STORAGE_CORRUPT/)
    await one.expectDone(1)
    await one.expectStored(1, [1])
  })

  test("scribbled over: who reads it is told which file and what to do, and that mends it", async () => {
    const one = new Case("lake")
    await one.expectDone(1)
    scribble(one.dataFile("rows"))
    expectRefused(await one.run(["show", "made/rows"]), /STORAGE_CORRUPT/)
    rmSync(one.path("store", "data", "made", "copy"), { recursive: true })
    const refused = await one.materialize(1)
    expectRefused(refused, /STORAGE_CORRUPT/)
    expect(refused.stderr).toContain("made/rows")
    // Forced rows are news to what is below them: the log adds what it is given, once more.
    expect((await one.run(["materialize", "made/rows", "--force"])).code).toBe(0)
    await one.expectDone(1)
    await one.expectStored(1, [1], 20)
  })

  test.each(["_current/all.json", "marker"])(
    "with a damaged %s: each command names the file, and the fix mends it",
    async what => {
      const one = new Case("lake")
      await one.expectDone(1)
      const asset = one.path("store", "data", "made", "rows")
      const { id } = JSON.parse(readFileSync(join(asset, "_current", "all.json"), "utf8"))
      const path = what === "marker" ? join(asset, "_versions", id, "_assets.json") : join(asset, what)
      writeFileSync(path, readFileSync(path, "utf8").slice(0, 40))
      for (const args of [["materialize"], ["show", "made/rows"], ["status"]]) {
        const refused = await one.run(args)
        expectRefused(refused, /STORAGE_CORRUPT/)
        expect(refused.stderr).toContain(path)
      }
      rmSync(what === "marker" ? join(asset, "_versions", id) : path, { recursive: true })
      await one.expectDone(1)
      await one.expectStored(1, [1])
    },
  )
})

describe("a DuckDB file", () => {
  test.each([
    ["of garbage", (path: string) => writeFileSync(path, "no database at all ".repeat(1_000))],
    ["cut off", (path: string) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ["empty", (path: string) => writeFileSync(path, "")],
    ["scribbled over", scribble],
  ])("%s: each command says so, and once it is moved away everything is made again", async (_, damage) => {
    const one = new Case("file")
    await one.expectDone(1)
    damage(one.dataFile("rows"))
    for (const args of [["materialize"], ["show", "made/rows"], ["status"]]) {
      const ended = await one.run(args)
      if (ended.code !== 0) expectRefused(ended, /STORAGE_CORRUPT|STORAGE_DATA_MISSING/)
    }
    renameSync(one.dataFile("rows"), one.path("store", "damaged"))
    await one.expectDone(1)
    await one.expectStored(1, [1])
  })
})

/** A module that makes a process's clock wrong by some milliseconds. */
const shift = (ms: number) => `
const real = Date.now
const RealDate = Date
const now = () => real() + ${ms}
globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(now())
    else super(...values)
  }
  static now = now
}
`
const day = 24 * 3600 * 1000

describe.each(storages)("a clock that is set back under %s", storage => {
  const withClock = (one: Case, ms: number) => {
    const path = one.path(`clock${ms}.mjs`)
    writeFileSync(path, shift(ms))
    return { NODE_OPTIONS: `--import ${path}` }
  }

  test("what is stored later is current, though its time is earlier", async () => {
    const one = new Case(storage)
    await one.expectDone(1)
    const back = withClock(one, -day)
    await one.expectDone(2, back)
    await one.expectStored(2, [1, 2])
    expect(await one.expectDone(2, back)).toContain("ok=0 skipped=3")
    expect(await one.expectDone(2)).toContain("ok=0 skipped=3")
    await one.expectDone(3)
    await one.expectStored(3, [1, 2, 3])
    // No version that is kept was taken for an older one's leftover.
    await one.expectDone(1, back)
    await one.expectStored(1, [1, 2, 3])
  })

  test.each(["io.pointer:1", "event.append:1"])(
    "a writer killed at %s loses nothing, and its leftovers are neither adopted wrongly nor in the way",
    async point => {
      const one = new Case(storage)
      await one.expectDone(1)
      const back = withClock(one, -day)
      const killed = await one.materialize(2, { ...back, ASSETS_FAULT: `${point}:kill` })
      expect(killed.code).toBeNull()
      await one.expectDone(3)
      await one.expectDone(2)
      await one.expectDone(4, back)
      const rows = await one.run(["sql", "select distinct generation from made.rows", "--json"])
      expect(rows.stdout.trim()).toBe('{"generation":4}')
      const log = await one.run(["sql", "select generation, count(*)::int n from made.log group by 1", "--json"])
      for (const line of log.stdout.trim().split("\n")) expect(JSON.parse(line).n).toBe(10)
    },
  )

  test("a lease of a living process is not taken over by one whose clock is a day ahead", async () => {
    const one = new Case(storage)
    await one.expectDone(1)
    const ahead = withClock(one, day)
    let other: Ended | undefined
    const first = await runAround(one, "step.compute:1", async () => {
      other = await one.run(["materialize", "made/rows", "--no-wait"], { GENERATION: "3", ...ahead })
    })
    expectRefused(other ?? first, /LEASE_HELD/)
    expect(first.code).toBe(0)
    await one.expectStored(2, [1, 2])
  })
})

describe.each(storages)("the event log, with data in %s", storage => {
  const log = (one: Case) => one.path(".assets", "assets.db")

  async function locked(one: Case, work: () => Promise<unknown>, ms: number): Promise<void> {
    const script = `const db = new (require("better-sqlite3"))(process.argv[1])
      db.exec("begin exclusive"); console.log("held"); setTimeout(() => {}, Number(process.argv[2]))`
    const holder = spawn(process.execPath, ["-e", script, log(one), `${ms}`], { cwd: import.meta.dirname })
    const gone = new Promise(resolve => holder.on("close", resolve))
    try {
      await new Promise(resolve => holder.stdout.once("data", resolve))
      await work()
    } finally {
      holder.kill("SIGKILL")
      await gone
    }
  }

  test("deleted between two runs: nothing is made again, and nothing is lost", async () => {
    const one = new Case(storage)
    await one.expectDone(1)
    rmSync(one.path(".assets"), { recursive: true })
    expect((await one.run(["status"])).stdout).toContain("fresh=3 ")
    expect(await one.expectDone(1)).toContain("ok=0 skipped=3")
    await one.expectStored(1, [1])
  })

  test.each([
    ["torn", (path: string) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ["scribbled over", scribble],
  ])("%s between two runs: it is told, and once it is moved away nothing is made again", async (_, damage) => {
    const one = new Case(storage)
    await one.expectDone(1)
    damage(log(one))
    for (const args of [["materialize"], ["status"], ["runs"]]) {
      const ended = await one.run(args)
      if (ended.code !== 0) expectRefused(ended, /EVENT_LOG_CORRUPT/)
    }
    for (const end of ["", "-wal", "-shm"]) {
      if (existsSync(log(one) + end)) renameSync(log(one) + end, `${log(one)}.damaged${end}`)
    }
    expect(await one.expectDone(1)).toContain("ok=0 skipped=3")
    await one.expectStored(1, [1])
  })

  test("deleted while a run is at work: the data stays, and the next run completes", async () => {
    const one = new Case(storage)
    await one.expectDone(1)
    const ended = await runAround(one, "step.compute:2", () => rmSync(one.path(".assets"), { recursive: true }))
    if (ended.code !== 0) expectRefused(ended, /EVENT_LOG_/)
    await one.expectDone(2)
    await one.expectStored(2, [1, 2])
  })

  test("locked for a second: the run waits and completes", async () => {
    const one = new Case(storage)
    await one.expectDone(1)
    await locked(one, () => one.expectDone(2), 1_000)
    await one.expectStored(2, [1, 2])
  })

  test("locked for ever, before and in the middle of a run: told by its code, and nothing is lost", async () => {
    const one = new Case(storage)
    await one.expectDone(1)
    await locked(one, async () => expectRefused(await one.materialize(2), /EVENT_LOG_LOCKED/), 60_000)
    await one.expectStored(1, [1])
    let free = () => {}
    const freed = new Promise<void>(resolve => {
      free = resolve
    })
    let held: Promise<void> | undefined
    const hold = () =>
      new Promise<void>(isHeld => {
        const untilFreed = () => {
          isHeld()
          return freed
        }
        held = locked(one, untilFreed, 60_000)
      })
    const ended = await runAround(one, "io.pointer:2", hold).finally(() => free())
    await held
    expectRefused(ended, /EVENT_LOG_LOCKED/)
    await one.expectDone(2)
    await one.expectStored(2, [1, 2])
  })
})
