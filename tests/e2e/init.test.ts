import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { cliProject } from "./cli-project.ts"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

test("a new project runs at once, compiles, and its own test passes", async () => {
  const project = cliProject({})
  const made = await project.assets(["init", "shop"])
  expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" })
  expect(made.stdout).toContain("Next: cd shop && assets materialize")
  const run = await project.assets(["materialize"], { cwd: "shop" })
  expect(run.stderr).toBe("")
  expect(run.stdout).toMatch(/\nDone\. ok=2 skipped=0 failed=0 checks_failed=0 in/)
  const rows = await project.json(["show", "marts/customers"], { cwd: "shop" })
  expect(rows).toEqual([
    { customer: "ada", orders: "2", amount: "22.25" },
    { customer: "grace", orders: "2", amount: "22.40" },
  ])
  const file = await project.assets(["materialize", "--env", "file"], { cwd: "shop" })
  expect(file.stdout).toMatch(/\nDone\. ok=2 skipped=0 failed=0 checks_failed=0 in/)
  const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project.path("shop")], {
    encoding: "utf8",
  })
  expect(tsc.stdout).toBe("")
  // The configuration of this repository is not the new project's.
  project.write({ "shop/vitest.config.mjs": "export default {}" })
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, "run", "--root", project.path("shop")], {
    encoding: "utf8",
    env: { ...process.env, VITEST: undefined },
  })
  expect(`${stdout}${stderr}`).toContain("1 passed")
  expect(status).toBe(0)
})

test("init overwrites nothing", async () => {
  const project = cliProject({ "assets.config.ts": "export const mine = 1" })
  const { code, stderr } = await project.assets(["init"])
  expect(code).toBe(2)
  expect(stderr).toContain("ARGUMENT_INVALID")
  expect(stderr).toContain("assets.config.ts")
  expect(project.read("assets.config.ts")).toBe("export const mine = 1")
  expect(existsSync(project.path("tsconfig.json"))).toBe(false)
})
