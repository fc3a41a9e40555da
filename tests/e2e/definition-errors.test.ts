import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

const header = `import { asset, json } from "@assets/core"\n`
const simple = (key: string, name = "a") =>
  `export const ${name} = asset("${key}", { returns: json(), compute: () => 1 })\n`

const cycle = `${header}const deps: any = {}
export const a = asset("x/a", { deps, returns: json(), compute: () => 1 })
export const b = asset("x/b", { deps: { a }, returns: json(), compute: () => 1 })
deps.b = b
`

describe("wrong definitions are exit 2, before anything runs", () => {
  test.each([["list"], ["graph"], ["plan"], ["materialize"], ["status"], ["show", "x/a"], ["path", "x/a"], ["runs"]])(
    "a cycle is refused by assets %s",
    async (...args) => {
      const { code, stdout, stderr } = await cliProject({ "assets.ts": cycle }).assets(args)
      expect(code).toBe(2)
      expect(stdout).toBe("")
      expect(stderr).toContain("ASSET_GRAPH_CYCLE")
      expect(stderr).toContain("x/a")
      expect(stderr).toContain("x/b")
    },
  )

  test("two assets of one key name both places", async () => {
    const project = cliProject({
      "assets/one.ts": header + simple("raw/orders"),
      "assets/two.ts": `${header}\n${simple("raw/orders")}`,
    })
    const { code, stderr } = await project.assets(["materialize"])
    expect(code).toBe(2)
    expect(stderr).toContain("ASSET_KEY_DUPLICATE")
    expect(stderr).toContain("assets/one.ts:2")
    expect(stderr).toContain("assets/two.ts:3")
  })

  test("keys that differ only in case are refused", async () => {
    const { code, stderr } = await cliProject({
      "assets.ts": header + simple("raw/Orders") + simple("raw/orders", "b"),
    }).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toContain("ASSET_KEY_CASE")
  })

  test("several faults are listed together, each with its line", async () => {
    const { code, stderr } = await cliProject({
      "assets.ts": header + simple("raw/orders") + simple("raw/orders", "b") + simple("bad key!/x", "c"),
    }).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toContain("ASSET_KEY_DUPLICATE")
    expect(stderr).toContain("ASSET_KEY_INVALID")
    expect(stderr).toMatch(/^assets\.ts:4:\d+$/m)
    expect(stderr).toContain("2 faults. Nothing ran.")
  })
})

describe("wrong requests are exit 2, before anything runs", () => {
  test.each([["list"], ["plan"], ["materialize"], ["status"]])(
    "%s: an unknown key suggests the nearest",
    async command => {
      const { code, stdout, stderr } = await cliProject(shop).assets([command, "marts/custmers"])
      expect(code).toBe(2)
      expect(stdout).toBe("")
      expect(stderr).toContain("SELECTION_UNKNOWN_ASSET")
      expect(stderr).toContain("marts/customers")
    },
  )

  test.each([["list"], ["plan"], ["materialize"], ["status"]])(
    "%s: a selection that matches nothing",
    async command => {
      const { code, stderr } = await cliProject(shop).assets([command, "group:marts and group:staging"])
      expect(code).toBe(2)
      expect(stderr).toContain("SELECTION_EMPTY")
    },
  )

  test("a selection that cannot be read says where", async () => {
    const { code, stderr } = await cliProject(shop).assets(["list", "group:marts and ("])
    expect(code).toBe(2)
    expect(stderr).toContain("SELECTION_SYNTAX")
  })

  test("an unknown environment names those that there are", async () => {
    const { code, stderr } = await cliProject(shop).assets(["materialize", "--env", "prod"])
    expect(code).toBe(2)
    expect(stderr).toContain("ENVIRONMENT_UNKNOWN")
    expect(stderr).toContain("local")
    const byVariable = await cliProject(shop).assets(["materialize"], { env: { ASSETS_ENV: "prod" } })
    expect(byVariable.code).toBe(2)
    expect(byVariable.stderr).toContain("ENVIRONMENT_UNKNOWN")
  })

  test("an unknown asset, run and file format", async () => {
    const project = cliProject(shop)
    const asset = await project.assets(["show", "marts/custmers"])
    expect(asset.code).toBe(2)
    expect(asset.stderr).toContain("ASSET_UNKNOWN")
    expect(asset.stderr).toContain("Did you mean 'marts/customers'?")
    const run = await project.assets(["runs", "show", "none"])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain("RUN_UNKNOWN")
    const format = await project.assets(["export", "marts/customers", "out.xlsx"])
    expect(format.code).toBe(2)
    expect(format.stderr).toContain("ARGUMENT_INVALID")
  })
})
