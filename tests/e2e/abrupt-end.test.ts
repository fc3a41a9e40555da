import { describe, expect, test } from "vitest"
import { type CliProject, cliProject } from "./cli-project.ts"

const files = {
  "assets.ts": `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"

const generation = Number(process.env.GENERATION ?? 1)
/** Makes half of its rows, says so, and then does what the test wants of it. */
export const rows = asset("made/rows", {
  returns: frame({ id: t.int32, generation: t.int32 }),
  version: String(generation),
  compute: async function* (_, { log }) {
    for (let id = 0; id < 50_000; id++) yield { id, generation }
    if (process.env.ENDS) {
      log.info("half of them")
      if (process.env.ENDS === "rejection") void Promise.reject(new Error("stray"))
      await new Promise(resolve => setTimeout(resolve, 60_000))
    }
    for (let id = 50_000; id < 100_000; id++) yield { id, generation }
  },
})
export const count = asset("made/count", {
  deps: { rows },
  returns: frame({ id: t.int32, generation: t.int32 }),
  transform: ({ rows }) => rows,
})
`,
  "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "parquet",
  environments: {
    parquet: { engine: duckdb({ threads: 1 }), io: parquetIO({ root: "data" }) },
    file: { engine: duckdb({ threads: 1 }), io: duckdbFileIO({ path: "w.duckdb" }) },
  },
})
`,
}

/** How a process ends while it writes: signals that it gets once it has said that it is at half. */
const ends = [
  ["a second Ctrl-C", { signals: ["SIGINT", "SIGINT"], how: "wait", code: 130 }],
  ["kill -9", { signals: ["SIGKILL"], how: "wait", code: null }],
  ["an unhandled rejection", { signals: [], how: "rejection", code: 1 }],
] as const

async function stored(project: CliProject, env: string): Promise<unknown[]> {
  const query = `select (select count(*)::int from made.rows) as n, (select max(generation) from made.rows) as r,
    (select max(generation) from made.count) as c`
  return project.json(["sql", query, "--env", env])
}

describe.each(["parquet", "file"])("under %s", env => {
  test.each(ends)("%s while rows are written leaves the former ones, and the next run completes", async (_, end) => {
    const project = cliProject(files)
    const args = ["materialize", "--env", env]
    const first = await project.assets(args)
    expect(first.code, first.stdout + first.stderr).toBe(0)
    const child = project.start(args, { env: { GENERATION: "2", ENDS: end.how } })
    const left = [...end.signals]
    let told = ""
    child.stderr.setEncoding("utf8").on("data", text => {
      told += text
      const isReady = left.length < end.signals.length ? told.includes("Cancelling") : told.includes("half of them")
      const signal = isReady ? left.shift() : undefined
      if (signal) child.kill(signal)
    })
    expect(await new Promise(resolve => child.on("close", resolve)), told).toBe(end.code)
    expect(await stored(project, env)).toEqual([{ n: 100_000, r: 1, c: 1 }])
    const [run] = await project.json<{ readonly status: string }>(["runs"])
    expect(run?.status).toMatch(/^(failed|cancelled)$/)
    const next = await project.assets(args, { env: { GENERATION: "2" } })
    expect(next.code, next.stdout + next.stderr).toBe(0)
    expect(next.stdout).toMatch(/Done\. ok=2 skipped=0 failed=0 /)
    expect(next.stderr).not.toContain("waits for")
    expect(await stored(project, env)).toEqual([{ n: 100_000, r: 2, c: 2 }])
  })
})
