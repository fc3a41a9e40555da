import { expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

interface Event {
  readonly type: string
  readonly key?: string
  readonly tags?: { readonly [name: string]: string }
  readonly result?: { readonly name: string; readonly passed: boolean }
}

const before = 'checks: [unique("customer")]'
const after =
  'checks: [unique("customer"), range("cents", { max: 1000 }), range("orders", { max: 1 }, { severity: "warn" })]'

test("check evaluates the checks of what is current, also new ones, and writes nothing", async () => {
  const project = cliProject(shop)
  const early = await project.assets(["check"])
  expect([early.code, early.stderr]).toEqual([2, expect.stringContaining("SELECTION_EMPTY")])
  await project.assets(["materialize", "--quiet"])
  const passed = await project.assets(["check"])
  expect([passed.code, passed.stderr]).toEqual([0, ""])
  expect(passed.stdout).toMatch(/^PASS marts\/customers unique\(customer\)\nDone\. passed=1 warned=0 failed=0 in /)

  const [stored] = await project.json<{ paths: readonly string[] }>(["path", "marts/customers"])
  expect(project.read("assets.ts")).toContain(before)
  project.write({
    "assets.ts": project.read("assets.ts").replace(before, after).replace("{ unique }", "{ range, unique }"),
  })
  const failed = await project.assets(["check", "marts/customers"])
  expect([failed.code, failed.stderr]).toEqual([1, ""])
  expect(failed.stdout).toContain("PASS marts/customers unique(customer)\n")
  expect(failed.stdout).toContain("FAIL marts/customers range(cents): 1 bad row\n")
  expect(failed.stdout).toContain('{"customer":"ada","orders":"2","cents":"2225"}')
  expect(failed.stdout).toContain("WARN marts/customers range(orders): 1 bad row\n")
  expect(failed.stdout).toMatch(/Done\. passed=1 warned=1 failed=1 in /)
  expect(await project.json(["path", "marts/customers"])).toEqual([stored])

  const only = await project.assets(["materialize", "marts/customers", "--check-only"])
  expect([only.code, only.stdout.replace(/in .*/, "")]).toEqual([1, failed.stdout.replace(/in .*/, "")])
})

test("materialize --check-only takes no option that only a run of steps could follow", async () => {
  const project = cliProject({ ...shop })
  for (const option of ["--force", "--dry-run", "--fail-fast", "--no-wait", "--yes"]) {
    const { code, stderr } = await project.assets(["materialize", "--check-only", option])
    expect([code, stderr]).toEqual([2, expect.stringContaining("'--check-only' cannot be used with")])
  }
})

test("the results are kept in the history, under a run that failed when a check of severity error did", async () => {
  const project = cliProject(shop)
  await project.assets(["materialize", "--quiet"])
  project.write({
    "assets.ts": project.read("assets.ts").replace(before, after).replace("{ unique }", "{ range, unique }"),
  })
  const events = await project.json<Event>(["check"])
  expect(events.map(({ type }) => type)).toEqual([
    "run_started",
    "step_started",
    "check_evaluated",
    "check_evaluated",
    "check_evaluated",
    "step_skipped",
    "run_failed",
  ])
  expect(events[0]?.tags).toEqual({ checksOnly: "true" })
  expect(events.flatMap(({ result }) => (result ? [[result.name, result.passed]] : []))).toEqual([
    ["unique(customer)", true],
    ["range(cents)", false],
    ["range(orders)", false],
  ])
  const [latest] = await project.json(["runs", "show", "latest"])
  expect(latest).toMatchObject({ status: "failed", counts: { steps: 1, checksFailed: 2 } })
  // what is current was made well: it is not what failed
  expect((await project.assets(["list", "status:failed"])).code).toBe(2)
})

test("a check that throws is told, and the others are evaluated", async () => {
  const project = cliProject(shop)
  await project.assets(["materialize", "--quiet"])
  project.write({
    "assets.ts": project
      .read("assets.ts")
      .replace(
        "frame({ id: t.int64, customer: t.string, cents: t.int64 }),\n  transform",
        'frame({ id: t.int64, customer: t.string, cents: t.int64 }),\n  checks: [check("broken", () => { throw new Error("no such rule") })],\n  transform',
      )
      .replace("{ unique }", "{ check, unique }"),
  })
  const checked = await project.assets(["check"])
  expect(checked.code).toBe(1)
  expect(checked.stdout).toContain("FAIL staging/large: its checks could not be evaluated")
  expect(checked.stdout).toContain("PASS marts/customers unique(customer)")
  expect(checked.stderr).toContain("no such rule")
})
