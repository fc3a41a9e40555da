import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

interface Line {
  readonly ioManager: string | null
  readonly key: string | null
  readonly what: string
  readonly why: string
  readonly bytes: number
  readonly removed: boolean
}

const ofProject = (lines: readonly Line[]) => lines.filter(one => one.ioManager !== null)

/** A project with what a writer left that was killed before anything of it counted. */
async function withLeftovers() {
  const project = cliProject(shop)
  await project.assets(["materialize"])
  await project.assets(["materialize", "marts/customers", "--force"], { env: { ASSETS_FAULT: "io.marker:1:kill" } })
  return project
}

test("gc --dry-run tells what a killed writer left, and gc removes it", async () => {
  const project = await withLeftovers()
  const versions = () => readdirSync(project.path("data/marts/customers/_versions")).length
  expect(versions()).toBe(2)
  const planned = ofProject(await project.json<Line>(["gc", "--dry-run"]))
  expect(planned.length).toBeGreaterThan(0)
  expect(planned.every(one => one.key === "marts/customers" && one.ioManager === "parquet" && !one.removed)).toBe(true)
  expect(planned.some(one => one.bytes > 0)).toBe(true)
  expect(versions()).toBe(2)
  const { stdout, code } = await project.assets(["gc"])
  expect(code).toBe(0)
  expect(stdout).toMatch(/Done\. removed=\d+ freed=[\d.]+ k?B\n$/)
  expect(versions()).toBe(1)
  expect(ofProject(await project.json<Line>(["gc", "--dry-run"]))).toEqual([])
  expect((await project.assets(["show", "marts/customers"])).stdout).toContain("ada")
})

test("gc removes nothing of a project that is in order", async () => {
  const project = cliProject(shop)
  await project.assets(["materialize"])
  await project.assets(["materialize", "--force"])
  expect(ofProject(await project.json<Line>(["gc"]))).toEqual([])
  const { stdout } = await project.assets(["status"])
  expect(stdout).toContain("Done. fresh=3 stale=0 missing=0")
})

test("gc removes the scratch folders of dead processes, and leaves those of living ones", async () => {
  const project = cliProject(shop)
  const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0]
  const start = (pid: number) => (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "").split(" ")[19]
  const dead = join(tmpdir(), `assets-scratch-${2 ** 22 + 1}-1-${namespace}-gctest`)
  const alive = join(tmpdir(), `assets-scratch-${process.pid}-${start(process.pid)}-${namespace}-gctest`)
  for (const folder of [dead, alive]) {
    mkdirSync(folder)
    writeFileSync(join(folder, "spilled"), "x".repeat(1000))
  }
  try {
    const found = (await project.json<Line>(["gc"])).find(one => one.what === dead)
    expect(found).toMatchObject({ ioManager: null, key: null, why: "temporary", bytes: 1000, removed: true })
    expect([existsSync(dead), existsSync(alive)]).toEqual([false, true])
  } finally {
    for (const folder of [dead, alive]) rmSync(folder, { recursive: true, force: true })
  }
})

test("gc --reindex makes a lost event log know again what is stored", async () => {
  const project = cliProject(shop)
  await project.assets(["materialize"])
  rmSync(project.path(".assets"), { recursive: true })
  const lines = await project.json(["gc", "--reindex"])
  expect(lines).toMatchObject([{ environment: "local", added: 3, removed: 0, error: null }])
  expect((await project.assets(["gc", "--reindex"])).stdout).toBe("local: 0 added, 0 removed\n")
})

test("gc --reindex and --dry-run do not go together", async () => {
  const project = cliProject(shop)
  expect((await project.assets(["gc", "--reindex", "--dry-run"])).code).toBe(2)
})
