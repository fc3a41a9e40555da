import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { type CliProject, cliProject } from "./cli-project.ts"

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

test("a branch computes what changed and what is below it, reads the rest from prod, and writes only to itself", {
  timeout: 120_000,
}, async () => {
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
