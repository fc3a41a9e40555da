import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { expect, test } from "vitest"
import { type CliProject, cliProject } from "./cli-project.ts"

const files = {
  "assets.ts": `import { existsSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { asset, json } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { lit } from "@assets/dataframe/functions"

const generation = Number(process.env.GENERATION ?? 1)
const columns = { generation: t.int32 }
export const upper = asset("made/upper", {
  returns: frame(columns),
  version: String(generation),
  compute: () => [{ generation }, { generation }],
})
export const lower = asset("made/lower", {
  deps: { upper },
  returns: frame(columns),
  transform: ({ upper }) => upper.filter(f => f.generation.gt(0)),
})
export const last = asset("made/last", {
  deps: { lower },
  returns: json<number>(),
  version: "1",
  compute: async ({ lower }, { log }) => {
    if (process.env.HELD) log.info("held")
    while (process.env.HELD && !existsSync("go")) await delay(10)
    if (process.env.FAILS) throw new Error("the last one fails")
    return Number((await lower.first())?.generation)
  },
})
`,
  "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb({ threads: 1 }), io: parquetIO({ root: "data" }), publish: "run" },
    other: { extends: "local", publish: "step" },
  },
})
`,
}

/** What a reader finds in each asset; null where nothing is current. */
function seen(project: CliProject): (string | null)[] {
  return ["upper", "lower", "last"].map(name => {
    const pointer = project.path("data", "made", name, "_current", "all.json")
    return existsSync(pointer) ? JSON.parse(readFileSync(pointer, "utf8")).id : null
  })
}

async function generations(project: CliProject): Promise<unknown[]> {
  const rows = "select (select max(generation) from made.upper) as u, (select max(generation) from made.lower) as l"
  return project.json(["sql", rows])
}

test("a run with publish 'run' shows the old of everything until it has succeeded, then the new", async () => {
  const project = cliProject(files)
  const first = await project.assets(["materialize"])
  expect(first.code, first.stdout + first.stderr).toBe(0)
  expect(first.stdout).toMatch(/1 of 3 OK made\/upper 2 rows in /)
  expect(first.stdout.match(/ OK /g)).toHaveLength(3)
  expect(first.stdout).toMatch(/Done\. ok=3 skipped=0 failed=0 /)
  const before = seen(project)

  const running = project.start(["materialize"], { env: { GENERATION: "2", HELD: "yes" } })
  let told = ""
  running.stderr.on("data", text => (told += text))
  const ended = new Promise(resolve => running.on("close", resolve))
  for (let looks = 0; !told.includes("held") && looks < 1_500; looks++) await delay(10)
  expect(seen(project)).toEqual(before)
  expect(await generations(project)).toEqual([{ u: 1, l: 1 }])
  writeFileSync(project.path("go"), "")
  expect(await ended).toBe(0)
  expect(await generations(project)).toEqual([{ u: 2, l: 2 }])
  expect(seen(project).filter(id => id !== null && !before.includes(id))).toHaveLength(3)
})

test("of a run that fails nothing is published, a line says so, and the next run takes up what is complete", async () => {
  const project = cliProject(files)
  expect(await project.assets(["materialize"])).toMatchObject({ code: 0 })
  const before = seen(project)
  const failed = await project.assets(["materialize"], { env: { GENERATION: "2", FAILS: "yes" } })
  expect(failed.code).toBe(1)
  expect(failed.stdout).toMatch(/Done\. ok=2 skipped=0 failed=1 /)
  expect(failed.stderr).toContain("Nothing was published: the 2 steps that were completed wait for a run that succeeds")
  expect(seen(project)).toEqual(before)

  // A version that was taken up, and again not published, is left to do as well.
  const again = await project.assets(["materialize"], { env: { GENERATION: "2", FAILS: "yes" } })
  expect(again.stdout).toMatch(/Done\. ok=0 skipped=2 failed=1 /)
  expect(seen(project)).toEqual(before)
  const [shown] = await project.json<{ readonly stepRecords: readonly { readonly status: string }[] }>([
    ...["runs", "show", "latest"],
  ])
  expect(shown?.stepRecords.map(step => step.status)).toEqual(["staged", "staged", "failed"])

  const next = await project.assets(["materialize", "--from-failure", "latest"], { env: { GENERATION: "2" } })
  expect(next.code, next.stdout + next.stderr).toBe(0)
  expect(next.stdout).toContain("SKIP made/upper restored")
  expect(next.stdout).toContain("SKIP made/lower restored")
  expect(next.stdout).toMatch(/Done\. ok=1 skipped=2 failed=0 /)
  expect(await generations(project)).toEqual([{ u: 2, l: 2 }])
})

test.each(["io.publish", "io.published"])("a run that is killed at %s shows all old or all new", async point => {
  const project = cliProject(files)
  expect(await project.assets(["materialize"])).toMatchObject({ code: 0 })
  const killed = await project.assets(["materialize"], { env: { GENERATION: "2", ASSETS_FAULT: `${point}:1:kill` } })
  expect(killed.code).toBeNull()
  const [row] = await generations(project)
  expect([
    { u: 1, l: 1 },
    { u: 2, l: 2 },
  ]).toContainEqual(row)
  const next = await project.assets(["materialize"], { env: { GENERATION: "2" } })
  expect(next.code, next.stdout + next.stderr).toBe(0)
  expect(await generations(project)).toEqual([{ u: 2, l: 2 }])
})

test("a run whose assets another run has changed meanwhile fails, and the other's data stands", async () => {
  const project = cliProject(files)
  expect(await project.assets(["materialize"])).toMatchObject({ code: 0 })
  const running = project.start(["materialize"], { env: { GENERATION: "2", HELD: "yes" } })
  let told = ""
  running.stderr.on("data", text => (told += text))
  const ended = new Promise(resolve => running.on("close", resolve))
  for (let looks = 0; !told.includes("held") && looks < 1_500; looks++) await delay(10)
  const other = await project.assets(["materialize", "made/upper", "made/lower", "--env", "other"], {
    env: { GENERATION: "3" },
  })
  expect(other.code, other.stdout + other.stderr).toBe(0)
  writeFileSync(project.path("go"), "")
  expect(await ended).toBe(1)
  expect(told).toContain("STORAGE_CONFLICT")
  expect(told).toContain("Nothing was published")
  expect(await generations(project)).toEqual([{ u: 3, l: 3 }])
})
