import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs"
import { DuckDBInstance } from "@duckdb/node-api"
import { expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

interface Finding {
  readonly level: "ok" | "warn" | "error"
  readonly environment: string | null
  readonly about: string
  readonly what: string
  readonly fix: string | null
}

const config = (environments: string) => `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
export default defineConfig({ defaultEnvironment: "local", environments: { ${environments} } })
`
const local = `local: { io: parquetIO({ root: "data" }) }`

function ofLevel(found: readonly Finding[], level: Finding["level"]) {
  return found.filter(one => one.level === level)
}

test("doctor finds nothing wrong with a project that works, and changes nothing", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": config(local) })
  const before = await project.assets(["doctor"])
  expect(before.stdout).toMatch(/^ok +node +Node \d+/)
  expect(before.stdout).toMatch(/\nDone\. ok=\d+ warn=0 error=0\n$/)
  expect(before.code).toBe(0)
  expect(existsSync(project.path(".assets/assets.db"))).toBe(false)
  expect(existsSync(project.path("data"))).toBe(false)
  await project.assets(["materialize"])
  const found = await project.json<Finding>(["doctor"])
  expect(found.filter(one => one.level !== "ok")).toEqual([])
  const abouts = found.map(one => `${one.environment ?? "-"} ${one.about}`)
  for (const about of ["- node", "- memory", "- project", "- spark"]) expect(abouts).toContain(about)
  for (const about of ["variables", "engine duckdb", "io parquet", "sources", "event log"])
    expect(abouts).toContain(`local ${about}`)
  expect(found.find(one => one.about === "spark")?.what).toContain("not used")
})

test("doctor looks at each environment, or at the one that is named", async () => {
  const project = cliProject({
    ...shop,
    "assets.config.ts": config(`${local}, file: { io: duckdbFileIO({ path: "w.duckdb" }) }`),
  })
  const all = await project.json<Finding>(["doctor"])
  expect(new Set(all.map(one => one.environment))).toEqual(new Set([null, "local", "file"]))
  const one = await project.json<Finding>(["doctor", "--env", "file"])
  expect(new Set(one.map(finding => finding.environment))).toEqual(new Set([null, "file"]))
})

test("doctor says which variable has no value, and ends with 1", async () => {
  const project = cliProject({
    ...shop,
    "assets.config.ts": config(`${local}, prod: { io: parquetIO({ root: "\${LAKE_OF_NOBODY}/assets" }) }`),
  })
  const { code, stdout } = await project.assets(["doctor", "--quiet"])
  expect(code).toBe(1)
  expect(stdout).toContain("The variable 'LAKE_OF_NOBODY' has no value.")
  expect(stdout).toContain("fix: Set it: export LAKE_OF_NOBODY=…")
  expect(stdout).not.toMatch(/^ok/m)
})

test("doctor tells of a project that does not load as a finding", async () => {
  const project = cliProject({ "assets.ts": "export const broken = (\n", "assets.config.ts": config(local) })
  const { code, stdout, stderr } = await project.assets(["doctor"])
  expect(code).toBe(1)
  expect(stderr).toBe("")
  expect(stdout).toMatch(/error +project +.*assets\.ts:\d+: PROJECT_LOAD_FAILED/)
  expect(stdout).toMatch(/ok +node/)
})

test("doctor tells each fault of the declarations", async () => {
  const project = cliProject({
    "assets.ts": `import { asset, json } from "@assets/core"
export const a = asset("a", { returns: json<number>(), version: "1", compute: () => 1 })
export const b = asset("A", { returns: json<number>(), version: "1", compute: () => 1 })
export const c = asset("a/b", { returns: json<number>(), version: "1", compute: () => 1 })
`,
  })
  const faults = ofLevel(await project.json<Finding>(["doctor"]), "error")
  expect(faults.length).toBeGreaterThan(1)
  expect(faults.every(one => one.about === "project" && one.fix !== null)).toBe(true)
})

test("doctor outside of a project says so, and still looks at the machine", async () => {
  const project = cliProject({})
  const found = await project.json<Finding>(["doctor", "--config", project.path("nowhere")])
  expect(ofLevel(found, "error").map(one => one.about)).toEqual(["project"])
  expect(found.map(one => one.about)).toContain("node")
})

test("doctor names an environment that is not there as a finding", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": config(local) })
  const faults = ofLevel(await project.json<Finding>(["doctor", "--env", "locl"]), "error")
  expect(faults.map(one => one.what).join()).toContain("ENVIRONMENT_UNKNOWN")
})

test("doctor finds an event log that is damaged, and how to go on", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": config(local) })
  await project.assets(["materialize"])
  writeFileSync(project.path(".assets/assets.db"), "this is no database, by no means at all ".repeat(300))
  const faults = ofLevel(await project.json<Finding>(["doctor"]), "error")
  expect(faults.map(one => one.about)).toEqual(["event log"])
  expect(faults[0]?.what).toContain("damaged")
  expect(faults[0]?.fix).toContain("mv ")
})

test("doctor warns of history that others can read", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": config(local) })
  await project.assets(["materialize"])
  chmodSync(project.path(".assets"), 0o755)
  const { code, stdout } = await project.assets(["doctor"])
  expect(code).toBe(0)
  expect(stdout).toContain(`fix: chmod 700 ${project.path(".assets")}`)
})

test("doctor tells of the run of a process that is dead", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": config(local) })
  await project.assets(["materialize"], { env: { ASSETS_FAULT: "step.compute:1:kill" } })
  const warnings = ofLevel(await project.json<Finding>(["doctor"]), "warn")
  expect(warnings.map(one => one.about)).toEqual(["event log"])
  expect(warnings[0]?.what).toMatch(/The process of a run is dead: run \S+ of process \d+/)
  expect(readdirSync(project.path(".assets"))).toContain("assets.db")
})

test("doctor names the process that holds a DuckDB file", async () => {
  const project = cliProject({
    ...shop,
    "assets.config.ts": config(`local: { io: duckdbFileIO({ path: "w.duckdb" }) }`),
  })
  await project.assets(["materialize"])
  const instance = await DuckDBInstance.create(project.path("w.duckdb"))
  try {
    const found = await project.json<Finding>(["doctor"])
    const held = found.filter(one => one.about === "io duckdb" && one.what.includes(String(process.pid)))
    expect(held.length).toBeGreaterThan(0)
  } finally {
    instance.closeSync()
  }
})

test("doctor starts each engine of an environment with its variables, the routed ones too", async () => {
  const engines = (big: string) => `local: {
    engine: duckdb({ memoryLimit: "\${MEMORY_OF_TESTS}" }), engines: { big: duckdb({ memoryLimit: "${big}" }) },
    route: { "group:marts": { engine: "big" } }, io: parquetIO({ root: "data" }), vars: { MEMORY_OF_TESTS: "1GB" },
  }`
  const project = cliProject({ ...shop, "assets.config.ts": config(engines("2GB")) })
  const sound = await project.json<Finding>(["doctor"])
  expect(sound.filter(one => one.level !== "ok")).toEqual([])
  const abouts = sound.map(one => one.about)
  expect(abouts).toEqual(expect.arrayContaining(["engine duckdb", "engine duckdb (big)"]))

  project.write({ "assets.config.ts": config(engines(`\${NOT_SET_BY_ANYONE}`)) })
  const wrong = (await project.json<Finding>(["doctor"])).find(one => one.about === "engine duckdb (big)")
  expect(wrong?.what).toMatch(/^VARIABLE_MISSING: The variable 'NOT_SET_BY_ANYONE' has no value/)
})
