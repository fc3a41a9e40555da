import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { cli, projects as scratch } from "../built-command.ts"

/** Rows that do not compress: a thousand times a thousand, or as many of them as ROWS says. */
const assets = `
import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { concat, countDistinct, md5 } from "@assets/dataframe/functions"

const ids = Array.from({ length: 1000 }, (_, i) => ({ id: String(i) }))
export const ones = asset("made/ones", { returns: frame({ id: t.string }), version: "1", compute: () => ids })
export const digests = asset("made/digests", {
  deps: { ones },
  returns: frame({ digest: t.string }),
  transform: ({ ones }) =>
    ones.crossJoin(ones.rename({ id: "other" }))
      .filter(f => f.other.cast(t.int32).lt(Number(process.env.ROWS ?? 1)))
      .select(f => ({ digest: md5(concat(f.id, "-", f.other)) })),
})
export const distinct = asset("made/distinct", {
  deps: { digests },
  tags: { large: "yes" },
  returns: frame({ n: t.int64, m: t.int64 }),
  transform: ({ digests }) =>
    digests.agg(f => ({ n: countDistinct(f.digest), m: countDistinct(concat(f.digest, f.digest, f.digest)) })),
})
`

const config = `
import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

const { DISK = "." } = process.env
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "parquet",
  state: { path: process.env.STATE ?? "state" },
  environments: {
    parquet: { engine: duckdb(), io: parquetIO({ root: DISK + "/data" }) },
    file: { engine: duckdb(), io: duckdbFileIO({ path: DISK + "/w.duckdb", waitMs: 1500 }) },
    small: { engine: duckdb({ memoryLimit: "40MB", threads: 1 }), io: parquetIO({ root: "small" }) },
  },
})
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(scratch, "limits-"))
  writeFileSync(join(folder, "assets.ts"), assets)
  writeFileSync(join(folder, "assets.config.ts"), config)
  writeFileSync(join(folder, "package.json"), `{ "name": "limits", "type": "module", "private": true }`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly status: number | null
  readonly output: string
}

function assetsCommand(args: readonly string[], env: { readonly [name: string]: string } = {}): Ended {
  const options = { cwd: folder, env: { ...process.env, ...env }, encoding: "utf8" } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], options)
  return { status, output: stdout + stderr }
}

/** How many rows are stored, as the product's own command tells. */
function storedRows(environment: string, env: { readonly [name: string]: string }): string {
  const query = "select count(*) as n from made.digests"
  return assetsCommand(["sql", query, "--env", environment, "--json"], env).output.trim()
}

const isRoot = process.getuid?.() === 0

describe.each(["parquet", "file"])("a full disk under %s", environment => {
  test.skipIf(!isRoot)("keeps the former data, says what to do, and the next run completes once there is room", () => {
    const disk = mkdtempSync(join(folder, "disk-"))
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", disk]).status).toBe(0)
    try {
      const env = { DISK: disk, STATE: join(folder, `state-${environment}`) }
      const select = ["made/ones", "made/digests", "--env", environment]
      expect(assetsCommand(["materialize", ...select], env).status).toBe(0)
      expect(storedRows(environment, env)).toContain("1000")

      const full = assetsCommand(["materialize", ...select], { ...env, ROWS: "900" })
      expect(full.output).toContain("STORAGE_FULL")
      expect(full.status).toBe(1)
      expect(storedRows(environment, env)).toContain("1000")

      expect(spawnSync("mount", ["-o", "remount,size=64m", disk]).status).toBe(0)
      const next = assetsCommand(["materialize", ...select], { ...env, ROWS: "2" })
      expect(next.output).toContain(" failed=0 ")
      expect(next.status).toBe(0)
      expect(storedRows(environment, env)).toContain("2000")
    } finally {
      spawnSync("umount", [disk])
    }
  })
})

describe.each(["parquet", "file"])("a full disk under the event log, with data in %s", environment => {
  test.skipIf(!isRoot)("keeps the data, says what to do, and the next run completes once there is room", async () => {
    const state = mkdtempSync(join(folder, "log-"))
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", state]).status).toBe(0)
    const ballast = join(state, "ballast")
    const fill = () => spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4k"])
    try {
      const env = { DISK: mkdtempSync(join(folder, "data-")), STATE: state }
      const select = ["materialize", "made/ones", "made/digests", "--env", environment]
      expect(assetsCommand(select, env).status).toBe(0)
      fill()
      const full = assetsCommand(select, { ...env, ROWS: "2" })
      expect(full.output).toContain("STORAGE_FULL")
      expect(full.output).toContain("state")
      expect(full.status).toBe(1)
      rmSync(ballast)
      expect(storedRows(environment, env)).toContain("1000")

      // The same in the middle of a run, with the data written and not yet current.
      const stopped = { ...process.env, ...env, ROWS: "2", ASSETS_FAULT: "io.marker:1:stop" }
      const child = spawn(process.execPath, [cli, ...select], { cwd: folder, env: stopped })
      const run = ended(child)
      try {
        await isStopped(child.pid ?? 0)
        fill()
      } finally {
        child.kill("SIGCONT")
      }
      const half = await run
      expect(half.output).toContain("STORAGE_FULL")
      expect(half.status).toBe(1)
      rmSync(ballast)
      expect(storedRows(environment, env)).toMatch(/1000|2000/)
      const next = assetsCommand(select, { ...env, ROWS: "2" })
      expect(next.output).toContain(" failed=0 ")
      expect(storedRows(environment, env)).toContain("2000")
    } finally {
      spawnSync("umount", [state])
    }
  })
})

test("a step that needs more memory than the engine has fails with a fix, and what is beside it goes on", () => {
  const { status, output } = assetsCommand(["materialize", "--env", "small"], { ROWS: "1000" })
  expect(output).toContain("ENGINE_OUT_OF_MEMORY")
  expect(output).toContain("memoryLimit")
  expect(output).toMatch(/Done\. ok=[12] skipped=0 failed=1 /)
  expect(status).toBe(1)
})

describe("two runs on one DuckDB file", () => {
  const disk = () => join(folder, "shared")
  const env = (name: string) => ({ DISK: disk(), STATE: join(folder, `state-${name}`) })
  const select = ["materialize", "made/ones", "made/digests", "--env", "file"]

  test("take turns, and both complete", async () => {
    const start = (name: string) =>
      ended(
        spawn(process.execPath, [cli, ...select], { cwd: folder, env: { ...process.env, ...env(name), ROWS: "20" } }),
      )
    const both = await Promise.all([start("one"), start("two")])
    expect(both.map(run => run.output).join("\n")).not.toContain("STORAGE_")
    expect(both.map(run => run.status)).toEqual([0, 0])
    expect(storedRows("file", env("one"))).toContain("20000")
  })

  test("a step whose input the other run replaced between its steps reads what is current, and completes", async () => {
    const stopped = { ...process.env, ...env("one"), ROWS: "5", ASSETS_FAULT: "step.compute:1:stop" }
    expect(assetsCommand([...select, "--force"], { ...env("two"), ROWS: "3" }).status).toBe(0)
    // Its first step has nothing to do; it is stopped where it has read what its second one is made of.
    const child = spawn(process.execPath, [cli, ...select], { cwd: folder, env: stopped })
    const first = ended(child)
    try {
      await isStopped(child.pid ?? 0)
      const other = assetsCommand(["materialize", "made/ones", "--force", "--env", "file"], env("two"))
      expect(other.output).toContain("ok=1 ")
    } finally {
      child.kill("SIGCONT")
    }
    const { status, output } = await first
    expect(output).not.toContain("STORAGE_")
    expect(output).toContain(" failed=0 ")
    expect(status).toBe(0)
    expect(storedRows("file", env("one"))).toContain("5000")
    // What is current was made of the input that is current.
    expect(assetsCommand(select, { ...env("two"), ROWS: "5" }).output).toContain("ok=0 skipped=2 ")
  })

  test("one that holds the file too long is told by its pid, and nothing is lost", async () => {
    const stopped = { ...process.env, ...env("one"), ROWS: "30", ASSETS_FAULT: "io.marker:1:stop" }
    const holder = spawn(process.execPath, [cli, ...select], { cwd: folder, env: stopped })
    const first = ended(holder)
    try {
      await isStopped(holder.pid ?? 0)
      const second = assetsCommand(select, { ...env("two"), ROWS: "40" })
      expect(second.output).toContain("STORAGE_BUSY")
      expect(second.output).toContain(`${holder.pid}`)
      expect(second.status).not.toBe(0)
    } finally {
      holder.kill("SIGCONT")
    }
    expect((await first).status).toBe(0)
    expect(storedRows("file", env("one"))).toContain("30000")
  })
})

async function ended(child: ChildProcess): Promise<Ended> {
  let output = ""
  child.stdout?.on("data", chunk => (output += chunk))
  child.stderr?.on("data", chunk => (output += chunk))
  return new Promise(resolve => child.on("close", status => resolve({ status, output })))
}

/** Waits until the kernel tells that a process is stopped. */
async function isStopped(pid: number): Promise<void> {
  for (;;) {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")[0]
    if (state === "T") return
    await new Promise(resolve => setImmediate(resolve))
  }
}
