import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { type CliProject, cliProject, shop } from "./cli-project.ts"

const example = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "examples/flights")
const files = ["assets.config.ts", "assets.ts", "delay-model.ts"]

/** The flights example in a folder of its own. */
function flights(): CliProject {
  return cliProject(Object.fromEntries(files.map(name => [name, readFileSync(join(example, name), "utf8")])))
}

/** Each file below a folder with the digest of its bytes. */
function contents(folder: string): { readonly [path: string]: string } {
  const found: { [path: string]: string } = {}
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    found[path] = createHash("sha256").update(readFileSync(path)).digest("hex")
  }
  return found
}

const all = [
  "marts/airport_delays",
  "marts/daily_traffic",
  "marts/hourly_delays",
  "marts/routes",
  "models/delay_by_hour",
  "staging/flights",
]
const changed = ["marts/hourly_delays", "models/delay_by_hour"]
const before = 'f => ({ flights: count(), mean_delay: avg(f.delay) }))\n      .orderBy("hour")'
const after = 'f => ({ flights: count(), mean_delay: avg(f.delay.plus(1)) }))\n      .orderBy("hour")'

test("a branch computes what changed and what is below it, reads the rest from prod, and writes only to itself", async () => {
  const project = flights()
  const made = await project.assets(["materialize", "--env", "prod", "--quiet"])
  expect([made.code, made.stderr]).toEqual([0, ""])
  const prod = contents(project.path("data-prod"))
  expect(project.read("assets.ts")).toContain(before)
  project.write({ "assets.ts": project.read("assets.ts").replace(before, after) })

  const plan = await project.json<{ key: string; decision: string; why: string }>(["plan", "--env", "branch"])
  const decisions = Object.fromEntries(plan.map(step => [step.key, `${step.decision}: ${step.why}`]))
  expect(decisions).toEqual({
    "staging/flights": "skip: reused from prod",
    "marts/airport_delays": "skip: reused from prod",
    "marts/daily_traffic": "skip: reused from prod",
    "marts/routes": "skip: reused from prod",
    "marts/hourly_delays": "run: never materialized",
    "models/delay_by_hour": "run: never materialized",
  })

  const events = await project.json<{ type: string; key: string; reason?: string }>(["materialize", "--env", "branch"])
  const materialized = events.filter(({ type }) => type === "asset_materialized").map(({ key }) => key)
  expect(materialized.sort()).toEqual(changed)
  const skipped = events.filter(({ type }) => type === "step_skipped")
  expect(skipped.map(({ key }) => key).sort()).toEqual(all.filter(key => !changed.includes(key)))
  expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(["reused from prod"]))

  expect(contents(project.path("data-prod"))).toEqual(prod)
  const written = Object.keys(contents(project.path("data-branch"))).map(path =>
    path.slice(project.path("data-branch").length + 1),
  )
  const ofAssets = written.filter(path => !path.startsWith("_"))
  expect([...new Set(ofAssets.map(path => path.split("/").slice(0, 2).join("/")))].sort()).toEqual(changed)

  const again = await project.assets(["materialize", "--env", "branch"])
  expect(again.stdout).toMatch(/Done\. ok=0 skipped=6 failed=0/)
})

interface Promoted {
  readonly key: string
  readonly dataVersion: string
  readonly former: string | null
  readonly runId: string | null
}

test("promote publishes a branch's versions without computing and without moving data", async () => {
  const project = flights()
  await project.assets(["materialize", "--env", "prod", "--quiet"])
  project.write({ "assets.ts": project.read("assets.ts").replace(before, after) })
  await project.assets(["materialize", "--env", "branch", "--quiet"])

  const dry = await project.assets(["promote", "branch", "prod", "--dry-run"])
  expect([dry.code, dry.stderr]).toEqual([0, ""])
  expect(dry.stdout).toMatch(/^WOULD marts\/hourly_delays .*\nWOULD models\/delay_by_hour /)
  const rows = await project.json(["sql", "select * from marts.hourly_delays order by hour", "--env", "branch"])
  expect(await project.json(["sql", "select * from marts.hourly_delays order by hour", "--env", "prod"])).not.toEqual(
    rows,
  )

  const promoted = await project.json<Promoted>(["promote", "branch", "prod"])
  expect(promoted.map(({ key }) => key)).toEqual(changed)
  expect(promoted.every(({ former, dataVersion }) => former !== null && former !== dataVersion)).toBe(true)
  expect(await project.json(["sql", "select * from marts.hourly_delays order by hour", "--env", "prod"])).toEqual(rows)
  const fileOf = async (env: string) => {
    const [{ paths } = { paths: [""] }] = await project.json<{ readonly paths: readonly string[] }>([
      "path",
      "marts/hourly_delays",
      "--env",
      env,
    ])
    return statSync(paths[0] ?? "").ino
  }
  expect(await fileOf("prod")).toBe(await fileOf("branch"))

  const [run] = await project.json<{ tags: object; startedAt: string; endedAt: string }>(["runs", "show", "latest"])
  expect(run).toMatchObject({ environment: "prod", status: "succeeded", tags: { promotedFrom: "branch" } })
  const plan = await project.json<{ decision: string }>(["plan", "--env", "prod"])
  expect(plan.map(({ decision }) => decision)).toEqual(all.map(() => "skip"))
  const again = await project.assets(["promote", "branch", "prod"])
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("Promoted 0 versions")])
})

const shopConfig = `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "prod",
  environments: {
    prod: { engine: duckdb(), io: parquetIO({ root: "prod" }) },
    branch: { extends: "prod", io: parquetIO({ root: "branch" }), reuse: ["prod"] },
    file: { engine: duckdb(), io: duckdbFileIO({ path: "warehouse.duckdb" }) },
  },
})
`
const doubled = (text: string) => text.replace("cents: sum(f.cents) }", "cents: sum(f.cents.plus(1)) }")

test("promote refuses what was made from what the other environment no longer has, and says what mends it", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": shopConfig })
  await project.assets(["materialize", "--quiet"])
  project.write({ "assets.ts": doubled(project.read("assets.ts")) })
  await project.assets(["materialize", "--env", "branch", "--quiet"])
  const prod = contents(project.path("prod"))

  const part = await project.assets(["promote", "branch", "prod", "reports/best"])
  expect([part.code, part.stderr]).toEqual([1, expect.stringContaining("PROMOTE_CONFLICT")])
  expect(part.stderr).toContain("assets promote branch prod marts/customers reports/best")

  project.write({ "orders.csv": `${project.read("orders.csv")}4,grace,3000\n` })
  const moved = await project.assets(["promote", "branch", "prod"])
  expect([moved.code, moved.stdout]).toEqual([0, expect.stringContaining("Promoted 2 versions")])
  expect(contents(project.path("prod"))).not.toEqual(prod)

  await project.assets(["materialize", "--env", "prod", "staging/large", "--quiet"])
  project.write({ "assets.ts": project.read("assets.ts").replace("f.cents.plus(1)", "f.cents.plus(2)") })
  project.write({ "orders.csv": shop["orders.csv"] ?? "" })
  await project.assets(["materialize", "--env", "branch", "--quiet"])
  const refused = await project.assets(["promote", "branch", "prod", "marts/customers"])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain(
    "'marts/customers' was made from another version of 'staging/large' than 'prod' has.",
  )
  expect(refused.stderr).toContain("assets promote branch prod staging/large marts/customers")
})

test("a promotion refuses what older code made, and leaves out what prod has as the code makes it", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": shopConfig })
  await project.assets(["materialize", "--quiet"])
  const changeTo = (from: string, to: string) => {
    project.write({ "assets.ts": project.read("assets.ts").replace(from, to) })
  }
  changeTo("count()", "count().plus(1)")
  await project.assets(["materialize", "marts/customers", "--env", "branch", "--quiet"])
  changeTo("count().plus(1)", "count().plus(2)")
  const refused = await project.assets(["promote", "branch", "prod"])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain("'marts/customers' was made by other code")
  expect(refused.stderr).toContain("assets materialize marts/customers --env branch; then promote")

  changeTo("count().plus(2)", "count()")
  const left = await project.assets(["promote", "branch", "prod"])
  expect(left.code).toBe(0)
  expect(left.stdout).toMatch(/^SKIP marts\/customers 'prod' has what the code makes now, and 'branch' has not\n/)
  expect(left.stdout).toMatch(/Promoted 0 versions from branch to prod, 1 left out in /)
})

test("promote to another kind of storage is refused, and names the copy that does it", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": shopConfig })
  await project.assets(["materialize", "--quiet"])
  const refused = await project.assets(["promote", "prod", "file"])
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("assets copy --from prod --to file")])
  expect((await project.assets(["promote", "prod", "prod"])).code).toBe(2)
  expect((await project.assets(["promote", "prod", "nowhere"])).code).toBe(2)
})

const pairs: { readonly [path: string]: string } = {
  "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
const at = (root: string) => ({ engine: duckdb(), io: parquetIO({ root, keep: 20 }) })
export default defineConfig({ assets: ["./pairs.js"], environments: { prod: at("prod"), one: at("one"), two: at("two") } })
`,
  "pairs.js": `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
const v = Number(process.env.V ?? 0)
const value = { returns: frame({ v: t.int64 }), version: String(v), compute: async () => [{ v }] }
export const left = asset("pair/left", value)
export const right = asset("pair/right", value)
`,
  // Reads both with one statement, until the file 'stop' is there.
  "reader.js": `import { existsSync } from "node:fs"
import { definitions, openStoredData } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import * as assets from "./pairs.js"
const environments = { prod: { engine: duckdb(), io: parquetIO({ root: "prod", keep: 20 }) } }
const project = definitions({ assets: { ...assets }, environments, base: import.meta.dirname })
const stored = openStoredData(project, { environment: "prod" })
const seen = {}
process.stdout.write("ready\\n")
while (!existsSync("stop")) {
  for await (const { rows } of stored.query('select l.v, r.v from "pair/left" l, "pair/right" r')) {
    for (const row of rows) seen[row.join()] = (seen[row.join()] ?? 0) + 1
  }
}
await stored.close()
process.stdout.write(JSON.stringify(seen) + "\\n")
`,
}

test("a reader during promotions sees the old versions of all assets or the new ones of all", async () => {
  const project = cliProject(pairs)
  for (const [env, V] of Object.entries({ one: "1", two: "2" })) {
    expect((await project.assets(["materialize", "--env", env, "--quiet"], { env: { V } })).code).toBe(0)
  }
  const promote = (from: "one" | "two") => {
    return project.assets(["promote", from, "prod"], { env: { V: from === "one" ? "1" : "2" } })
  }
  await promote("one")
  const reader = spawn(process.execPath, ["reader.js"], { cwd: project.folder, stdio: ["ignore", "pipe", "inherit"] })
  const lines = createInterface(reader.stdout)[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe("ready")
  for (const from of ["two", "one", "two", "one", "two"] as const) {
    const { code, stdout } = await promote(from)
    expect([code, stdout]).toEqual([0, expect.stringContaining("Promoted 2 versions")])
  }
  project.write({ stop: "" })
  const seen: { readonly [pair: string]: number } = JSON.parse((await lines.next()).value)
  expect(Object.keys(seen).sort()).toEqual(["1,1", "2,2"])
})

const appending: { readonly [path: string]: string } = {
  "assets.config.ts": shopConfig,
  "orders.csv": "id\n1\n",
  "assets.ts": `import { asset, source, staticPartitions } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
export const orders = source("raw/orders", csvFiles("orders.csv", { id: t.int64 }, { header: true }))
export const history = asset("marts/history", {
  deps: { orders },
  returns: frame({ id: t.int64 }),
  write: "append",
  transform: ({ orders }) => orders,
})
export const byRegion = asset("marts/by_region", {
  deps: { orders },
  partitions: staticPartitions(["north", "o'brien"]),
  returns: frame({ id: t.int64, region: t.string }),
  transform: ({ orders }, { partition }) => orders.withColumn("region", () => partition.key),
})
`,
}

test("partitions are promoted one by one, and rows that were added in prod are not lost to a branch that lacks them", async () => {
  const project = cliProject(appending)
  await project.assets(["materialize", "--quiet", "--partitions", "all"])
  project.write({ "orders.csv": "id\n2\n" })
  const made = await project.assets(["materialize", "--quiet", "--env", "branch", "--partitions", "all"])
  expect(made.code).toBe(0)

  const lost = await project.assets(["promote", "branch", "prod"])
  expect([lost.code, lost.stderr]).toEqual([1, expect.stringContaining("PROMOTE_CONFLICT")])
  expect(lost.stderr).toContain("assets materialize marts/history --env prod")
  expect(await project.json(["sql", "from marts.history", "--env", "prod"])).toEqual([{ id: "1" }])

  const parts = await project.json<Promoted & { partition: string }>(["promote", "branch", "prod", "marts/by_region"])
  expect(parts.map(({ partition }) => partition)).toEqual(["north", "o'brien"])
  expect(await project.json(["sql", "from marts.by_region order by region", "--env", "prod"])).toEqual([
    { id: "2", region: "north" },
    { id: "2", region: "o'brien" },
  ])
})

test("promote waits for a run that writes the same assets, or fails with --no-wait", async () => {
  const project = cliProject({
    "assets.config.ts": shopConfig,
    "assets.js": `import { existsSync, writeFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { asset, json } from "@assets/core"
export const slow = asset("a/slow", {
  returns: json(),
  version: process.env.V ?? "1",
  compute: async () => {
    if (process.env.V) writeFileSync("running", "")
    while (process.env.V && !existsSync("go")) await setTimeout(20)
    return process.env.V ?? "1"
  },
})
`,
  })
  project.write({ "assets.config.ts": shopConfig.replace("./assets.ts", "./assets.js") })
  expect((await project.assets(["materialize", "--env", "branch"])).code).toBe(0)
  const writer = project.start(["materialize", "--env", "prod"], { env: { V: "2" } })
  const ended = once(writer, "close")
  await expect.poll(() => existsSync(project.path("running"))).toBe(true)
  const refused = await project.assets(["promote", "branch", "prod", "--no-wait"])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("LEASE_HELD")])
  const waiting = project.start(["promote", "branch", "prod"])
  let told = ""
  waiting.stderr.setEncoding("utf8").on("data", text => (told += text))
  const promoted = once(waiting, "close")
  await expect.poll(() => told).toMatch(/a\/slow waits for run .* \(process \d+/)
  project.write({ go: "" })
  expect((await ended)[0]).toBe(0)
  expect((await promoted)[0]).toBe(0)
  expect(await project.json(["show", "a/slow", "--env", "prod"])).toEqual(["1"])
})

test("a promotion that is killed on the way is there as a whole or not at all, and done by the next one", async () => {
  const project = cliProject(pairs)
  for (const [env, V] of Object.entries({ one: "1", two: "2" })) {
    await project.assets(["materialize", "--env", env, "--quiet"], { env: { V } })
  }
  const both = 'select l.v as l, r.v as r from "pair/left" l, "pair/right" r'
  // once it is decided that the versions become current, the next reader or writer sees to it
  const expected = { "io.publish": "1", "io.published": "2", "event.append": "2" }
  for (const [point, after] of Object.entries(expected)) {
    await project.assets(["promote", "one", "prod"], { env: { V: "1" } })
    const env = { V: "2", ASSETS_FAULT: `${point}:1:kill` }
    const killed = await project.assets(["promote", "two", "prod"], { env })
    expect(killed.code).toBe(null)
    expect(await project.json(["sql", both, "--env", "prod"])).toEqual([{ l: after, r: after }])
    const again = await project.assets(["promote", "two", "prod", "--no-wait"], { env: { V: "2" } })
    expect([again.code, again.stderr]).toEqual([0, ""])
    expect(await project.json(["sql", both, "--env", "prod"])).toEqual([{ l: "2", r: "2" }])
  }
})
