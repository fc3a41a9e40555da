import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

const version = JSON.parse(readFileSync(join(import.meta.dirname, "../../packages/cli/package.json"), "utf8")).version

describe("the command line", () => {
  test("--version prints the version", async () => {
    expect(await cliProject({}).assets(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
  })

  test("--help names each command, and that of a command its options and the global ones", async () => {
    const project = cliProject({})
    const { code, stdout } = await project.assets(["--help"])
    expect(code).toBe(0)
    for (const name of [
      "init",
      "materialize",
      "plan",
      "list",
      "graph",
      "status",
      "runs",
      "show",
      "sql",
      "path",
      "export",
      "dev",
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"))
    }
    const help = await project.assets(["help", "materialize"])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain("--fail-fast")
    expect(help.stdout).toContain("--env <name>")
  })

  test("an unknown command or option is exit 2 with a hint", async () => {
    const project = cliProject(shop)
    const command = await project.assets(["lst"])
    expect(command.code).toBe(2)
    expect(command.stdout).toBe("")
    expect(command.stderr).toContain("Did you mean list?")
    const option = await project.assets(["materialize", "--froce"])
    expect(option.code).toBe(2)
    expect(option.stderr).toContain("Did you mean --force?")
    expect((await project.assets(["materialize", "--concurrency", "none"])).code).toBe(2)
    expect((await project.assets(["graph", "--format", "svg"])).code).toBe(2)
    expect((await project.assets([])).code).toBe(2)
  })

  test("global options stand before the command and after it", async () => {
    const project = cliProject(shop)
    const after = await project.assets(["list", "--json"])
    expect(after.code).toBe(0)
    expect(await project.assets(["--json", "list"])).toEqual(after)
    const { stderr } = await project.assets(["--env", "prod", "status"])
    expect(stderr).toContain("ENVIRONMENT_UNKNOWN")
    expect((await project.assets(["status", "--env", "prod"])).stderr).toBe(stderr)
  })

  test("a reader that stops early ends the command without a word", async () => {
    const project = cliProject(shop)
    const child = project.start(["graph", "--format", "dot"])
    child.stdout.destroy()
    let stderr = ""
    child.stderr.on("data", text => (stderr += text))
    const code = await new Promise(resolve => child.on("close", resolve))
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  })

  test("colours only where they are wanted", async () => {
    const project = cliProject(shop)
    const colour = "\u001b["
    expect((await project.assets(["list"])).stdout).not.toContain(colour)
    expect((await project.assets(["list"], { env: { FORCE_COLOR: "1" } })).stdout).toContain(colour)
    expect((await project.assets(["list"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toContain(colour)
    expect((await project.assets(["list", "--no-color"], { env: { FORCE_COLOR: "1" } })).stdout).not.toContain(colour)
    expect((await project.assets(["list"], { env: { CI: "true" } })).stdout).not.toContain(colour)
  })
})

describe("finding the project", () => {
  test("no project is exit 2 and says how to make one", async () => {
    const { code, stderr } = await cliProject({}).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toContain("PROJECT_NOT_FOUND")
    expect(stderr).toContain("assets init")
  })

  test("the config is found from a folder below, and by --config", async () => {
    const config = `import { defineConfig } from "@assets/core"
export default defineConfig({ assets: ["./assets.ts"], environments: {} })`
    const project = cliProject({ ...shop, "assets.config.ts": config, "deep/er/x.txt": "" })
    const expected = (await project.assets(["list"])).stdout
    expect(expected).toContain("marts/customers")
    expect((await project.assets(["list"], { cwd: "deep/er" })).stdout).toBe(expected)
    const other = cliProject({})
    expect((await other.assets(["list", "--config", project.path("assets.config.ts")])).stdout).toBe(expected)
    expect((await other.assets(["list", "--config", project.folder])).stdout).toBe(expected)
    const missing = await other.assets(["list", "--config", "nowhere.ts"])
    expect(missing.code).toBe(2)
    expect(missing.stderr).toContain("PROJECT_NOT_FOUND")
  })

  test("a config that exports none is CONFIG_INVALID", async () => {
    const { code, stderr } = await cliProject({ ...shop, "assets.config.ts": "export const x = 1" }).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toContain("CONFIG_INVALID")
  })

  test("a folder named assets is a project by itself, its tests left out", async () => {
    const project = cliProject({
      "assets/a/one.ts": `import { asset, json } from "@assets/core"
export const one = asset("one/a", { returns: json(), compute: () => 1 })`,
      "assets/two.test.ts": `throw new Error("is no module of the project")`,
    })
    expect((await project.json(["list"])).map(entry => entry.key)).toEqual(["one/a"])
  })

  test("a project without assets is PROJECT_EMPTY", async () => {
    const none = await cliProject({ "assets.ts": "export const x = 1" }).assets(["list"])
    expect(none.code).toBe(2)
    expect(none.stderr).toContain("PROJECT_EMPTY")
    const config = `export default { assets: ["./nowhere/*.ts"], environments: {} }`
    const nothing = await cliProject({ "assets.config.mjs": config }).assets(["list"])
    expect(nothing.code).toBe(2)
    expect(nothing.stderr).toContain("PROJECT_EMPTY")
  })
})
