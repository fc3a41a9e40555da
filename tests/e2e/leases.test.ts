import type { ChildProcess } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import Database from "better-sqlite3"
import { describe, expect, test } from "vitest"
import { type CliProject, cliProject, type Ended } from "./cli-project.ts"

const files = {
  "assets.ts": `import { existsSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { asset, json } from "@assets/core"
import { frame, t } from "@assets/dataframe"

const generation = Number(process.env.GENERATION ?? 1)
export const rows = asset("made/rows", {
  returns: frame({ generation: t.int32 }),
  version: String(generation),
  compute: () => [{ generation }, { generation }],
})
export const log = asset("made/log", {
  deps: { rows },
  returns: frame({ generation: t.int32 }),
  write: "append",
  transform: ({ rows }) => rows,
})
const gated = { returns: json<number>(), version: "1", pool: "api" } as const
export const first = asset("pool/first", {
  ...gated,
  compute: async (_, { log }) => {
    log.info("it holds the place")
    while (!existsSync("go")) await delay(10)
    return 1
  },
})
export const second = asset("pool/second", { ...gated, compute: () => 2 })
`,
  "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

const pools = { api: 1 }
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "parquet",
  environments: {
    parquet: { engine: duckdb({ threads: 1 }), io: parquetIO({ root: "data" }), pools },
    file: { engine: duckdb({ threads: 1 }), io: duckdbFileIO({ path: "w.duckdb" }) },
  },
})
`,
}

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

function start(project: CliProject, args: readonly string[], env: { readonly [name: string]: string } = {}): Started {
  const child = project.start(args, { env })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", text => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", text => (stderr += text))
  const ended = new Promise<Ended>(resolve => child.on("close", code => resolve({ code, stdout, stderr })))
  return { child, ended }
}

/** Waits for the kernel, or the log, to say something; there is no event to wait for. */
async function until(holds: () => boolean): Promise<void> {
  for (let looks = 0; !holds(); looks++) {
    if (looks > 1_500) throw new Error("it never came true")
    await delay(10)
  }
}

function isStopped({ pid }: ChildProcess): boolean {
  return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")[0] === "T"
}

function inLog<T>(project: CliProject, use: (db: Database.Database) => T): T {
  const db = new Database(project.path(".assets", "assets.db"), { timeout: 5_000 })
  try {
    return use(db)
  } finally {
    db.close()
  }
}

/** Makes the running runs look as if their processes had given no sign for two minutes. */
function age(project: CliProject): void {
  const sql = `UPDATE runs SET heartbeat = heartbeat - 120000, heartbeat_monotonic = heartbeat_monotonic - 120000
    WHERE status = 'running'`
  inLog(project, db => db.prepare(sql).run())
}

function lostRun(project: CliProject): { readonly number: number; readonly events: number } | undefined {
  return inLog(project, db => {
    const sql = `SELECT number, (SELECT count(*) FROM events e WHERE e.run = r.number) AS events
      FROM runs r WHERE status = 'failed' AND reason = 'runner lost'`
    return db.prepare(sql).get() as { number: number; events: number } | undefined
  })
}

/** What is stored of an asset, as the product's own command prints it. */
async function stored(project: CliProject, env: string, table: string): Promise<unknown[]> {
  const query = `select generation, count(*)::int as n from made.${table} group by 1 order by 1`
  return project.json(["sql", query, "--env", env])
}

describe.each(["parquet", "file"])("a process that is stopped in the middle of a commit under %s", env => {
  describe.each(["io.marker", "io.pointer"])("at %s", point => {
    test("is taken over; when it wakes its commit is refused, and what the other stored stands", async () => {
      const project = cliProject(files)
      const args = ["materialize", "made/rows", "--env", env]
      expect(await project.assets(args)).toMatchObject({ code: 0 })
      const first = start(project, args, { GENERATION: "2", ASSETS_FAULT: `${point}:1:stop` })
      try {
        await until(() => isStopped(first.child))
        age(project)
        const other = start(project, args, { GENERATION: "3" })
        // A DuckDB file is the stopped process's as long as it lives; its lease is not.
        if (env === "parquet") expect(await other.ended).toMatchObject({ code: 0 })
        else await until(() => lostRun(project) !== undefined)
        const before = lostRun(project)
        first.child.kill("SIGCONT")
        const woken = await first.ended
        expect(woken.code).toBe(1)
        expect(woken.stdout + woken.stderr).toContain("LEASE_LOST")
        const { code, stdout, stderr } = await other.ended
        expect(code, stdout + stderr).toBe(0)
        expect(lostRun(project)).toEqual(before)
        expect(await stored(project, env, "rows")).toEqual([{ generation: 3, n: 2 }])
      } finally {
        first.child.kill("SIGKILL")
      }
    })

    test("adds nothing twice when it wakes", async () => {
      const project = cliProject(files)
      const args = ["materialize", "made/log", "--env", env]
      expect(await project.assets(["materialize", "made/*", "--env", env])).toMatchObject({ code: 0 })
      expect(
        await project.assets(["materialize", "made/rows", "--env", env], { env: { GENERATION: "2" } }),
      ).toMatchObject({
        code: 0,
      })
      const first = start(project, args, { GENERATION: "2", ASSETS_FAULT: `${point}:1:stop` })
      try {
        await until(() => isStopped(first.child))
        age(project)
        const other = start(project, args, { GENERATION: "2" })
        if (env === "parquet") expect(await other.ended).toMatchObject({ code: 0 })
        else await until(() => lostRun(project) !== undefined)
        first.child.kill("SIGCONT")
        expect(await first.ended).toMatchObject({ code: 1 })
        const { code, stdout, stderr } = await other.ended
        expect(code, stdout + stderr).toBe(0)
        expect(await stored(project, env, "log")).toEqual([
          { generation: 1, n: 2 },
          { generation: 2, n: 2 },
        ])
      } finally {
        first.child.kill("SIGKILL")
      }
    })
  })
})

test("who waits for a process that is stopped is told so, and how to continue or end it", async () => {
  const project = cliProject(files)
  const args = ["materialize", "made/rows"]
  const first = start(project, args, { ASSETS_FAULT: "step.compute:1:stop" })
  try {
    await until(() => isStopped(first.child))
    const second = start(project, args)
    let told = ""
    second.child.stderr?.on("data", text => (told += text))
    const pid = first.child.pid
    await until(() => told.includes("waits for"))
    expect(told).toContain(`(process ${pid} on `)
    expect(told).toContain(
      `which is stopped: continue it with 'kill -CONT ${pid}', or end it with 'assets runs cancel `,
    )
    first.child.kill("SIGCONT")
    expect((await first.ended).stdout).toContain("Done. ok=1 ")
    expect((await second.ended).stdout).toMatch(/SKIP made\/rows materialized by run /)
  } finally {
    first.child.kill("SIGKILL")
  }
})

describe("a pool with one place", () => {
  test("holds for two processes together; the one that waits says for whom, and --no-wait fails", async () => {
    const project = cliProject(files)
    const first = start(project, ["materialize", "pool/first"])
    let told = ""
    first.child.stderr?.on("data", text => (told += text))
    try {
      await until(() => told.includes("it holds the place"))
      const refused = await project.assets(["materialize", "pool/second", "--no-wait"])
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain("LEASE_HELD")
      expect(refused.stderr).toContain(`process ${first.child.pid} on `)
      const second = start(project, ["materialize", "pool/second"])
      let waits = ""
      second.child.stderr?.on("data", text => (waits += text))
      await until(() => waits.includes("waits for the pool 'api', held by run "))
      expect(waits).toContain(`process ${first.child.pid} on `)
      writeFileSync(project.path("go"), "")
      expect(await second.ended).toMatchObject({ code: 0 })
      expect(await first.ended).toMatchObject({ code: 0 })
    } finally {
      first.child.kill("SIGKILL")
    }
  })

  test("is free again when the process that held a place is killed", async () => {
    const project = cliProject(files)
    const first = start(project, ["materialize", "pool/first"])
    let told = ""
    first.child.stderr?.on("data", text => (told += text))
    await until(() => told.includes("it holds the place"))
    first.child.kill("SIGKILL")
    await first.ended
    expect(await project.assets(["materialize", "pool/second", "--no-wait"])).toMatchObject({ code: 0 })
  })
})
