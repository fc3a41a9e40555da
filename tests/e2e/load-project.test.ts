import { mkdirSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

const one = (body: string) => `import { asset, json } from "@assets/core"
${body}
`

describe("what a module declares", () => {
  test("assets in arrays and objects, and those passed on by other modules, count once each", async () => {
    const project = cliProject({
      "assets/a.ts": one(`const make = (key: string) => asset(key, { returns: json(), compute: () => key })
export const list = [make("in/array"), [make("in/nested")]]
export const named = { one: make("in/object"), list }
export default make("in/default")
export const text = "no asset", nothing = null, fn = () => make("not/called")`),
      "assets/index.ts": `export * from "./a.ts"\nexport { default as again } from "./a.ts"`,
    })
    expect((await project.json(["list"])).map(entry => entry.key)).toEqual([
      "in/array",
      "in/default",
      "in/nested",
      "in/object",
    ])
  })

  test("import.meta and __dirname are those of each module", async () => {
    const project = cliProject({
      "assets/deep/place.ts": `export const here = [import.meta.url, import.meta.dirname, import.meta.filename, __dirname, __filename]`,
      "assets/a.ts": one(`import { here } from "./deep/place.ts"
export const a = asset("a/a", { returns: json(), version: "1", compute: () => [...here, import.meta.dirname ?? ""] })`),
    })
    expect((await project.assets(["materialize"])).stderr).toBe("")
    const folder = project.path("assets/deep")
    const file = project.path("assets/deep/place.ts")
    const [value] = await project.json(["show", "a/a"])
    expect(value).toEqual([`file://${file}`, folder, file, folder, file, dirname(folder)])
  })

  test("JSON, CommonJS and aliases of tsconfig are part of the project", async () => {
    const project = cliProject({
      "tsconfig.json": `{ "compilerOptions": { "paths": { "~/*": ["./lib/*"] } } }`,
      "lib/alias.ts": `export const alias: string = "alias"`,
      "lib/common.cjs": `const path = require("node:path"); module.exports = { common: path.basename("/x/common") }`,
      "numbers.json": "[1, 2]",
      "assets.ts": one(`import { alias } from "~/alias"
import common from "./lib/common.cjs"
import numbers from "./numbers.json" with { type: "json" }
const require = 1
export const a = asset("a/a", { returns: json(), description: [alias, common.common, numbers.length, require].join(" "), compute: () => 1 })`),
    })
    const { stderr } = await project.assets(["list"])
    expect(stderr).toBe("")
    expect((await project.json(["list"]))[0]).toMatchObject({ description: "alias common 2 1" })
  })

  test("a change of a module is seen at once, and nothing of the loader is left beside the sources", async () => {
    const project = cliProject({
      "name.ts": `export const name = "first"`,
      "assets.ts": one(`import { name } from "./name.ts"
export const a = asset("a/a", { returns: json(), description: name, compute: () => 1 })`),
    })
    expect((await project.json(["list"]))[0]).toMatchObject({ description: "first" })
    project.write({ "name.ts": `export const name = "other"` })
    expect((await project.json(["list"]))[0]).toMatchObject({ description: "other" })
    project.write({ "assets/more.ts": one(`export const b = asset("b/b", { returns: json(), compute: () => 1 })`) })
    expect((await project.json(["list"])).map(entry => entry.key)).toEqual(["a/a", "b/b"])
    expect(readdirSync(project.folder).sort()).toEqual(["assets", "assets.ts", "name.ts", "package.json"])
  })
})

describe("a project that does not load", () => {
  const place = (stderr: string) => stderr.split("\n")[0]

  test("a syntax error is shown with file, line and column first", async () => {
    const project = cliProject({ "assets.ts": one("export const x = (1 + ;") })
    const { code, stdout, stderr } = await project.assets(["list"])
    expect(code).toBe(2)
    expect(stdout).toBe("")
    expect(place(stderr)).toBe("assets.ts:2:23")
    expect(stderr).toContain("export const x = (1 + ;")
    expect(stderr).toContain("PROJECT_LOAD_FAILED")
  })

  test("several syntax errors are listed together", async () => {
    const project = cliProject({ "assets/a.ts": "const = 1", "assets/b.ts": "\nlet x = }" })
    const { code, stderr } = await project.assets(["materialize"])
    expect(code).toBe(2)
    expect(stderr).toContain("assets/a.ts:1:7")
    expect(stderr).toContain("assets/b.ts:2:9")
    expect(stderr).toContain("2 faults")
  })

  test("a module that throws is shown at its line", async () => {
    const project = cliProject({
      "deep/thrower.ts": `interface Gone {}\n\nexport function fail(): never {\n  throw new RangeError("no such luck")\n}`,
      "assets.ts": `import { fail } from "./deep/thrower.ts"\nexport const x = fail()`,
    })
    const { code, stderr } = await project.assets(["list"])
    expect(code).toBe(2)
    expect(place(stderr)).toBe("deep/thrower.ts:4:9")
    expect(stderr).toContain("RangeError: no such luck")
    // Also when the bundle was kept from the former start.
    expect((await project.assets(["list"])).stderr).toBe(stderr)
  })

  test("a missing module, a missing package and a missing export name the import", async () => {
    const file = await cliProject({ "assets.ts": `import { x } from "./gone.ts"\nexport const y = x` }).assets(["list"])
    expect(file.code).toBe(2)
    expect(place(file.stderr)).toBe("assets.ts:1:19")
    expect(file.stderr).toContain(`"./gone.ts"`)
    const named = await cliProject({ "assets.ts": `import x from "no-such-package-here"\nexport const y = x` }).assets([
      "list",
    ])
    expect(place(named.stderr)).toBe("assets.ts:1:15")
    expect(named.stderr).toContain("npm install no-such-package-here")
    const project = cliProject({
      "assets.ts": `import { asset,\n  jsson } from "@assets/core"\nexport const y = [asset, jsson]`,
    })
    const exported = await project.assets(["list"])
    expect(exported.code).toBe(2)
    expect(place(exported.stderr)).toBe("assets.ts:2:3")
    expect(exported.stderr).toContain("jsson")
  })

  test("modules that import each other in a circle are told so", async () => {
    const project = cliProject({
      "assets/a.ts": one(`import { b } from "./b.ts"
export const a = asset("x/a", { deps: { b }, returns: json(), compute: () => 1 })`),
      "assets/b.ts": one(`import { a } from "./a.ts"
export const b = asset("x/b", { deps: { a }, returns: json(), compute: () => 1 })`),
    })
    const { code, stderr } = await project.assets(["list"])
    expect(code).toBe(2)
    expect(place(stderr)).toBe("assets/b.ts:3:18")
    expect(stderr).toContain("ASSET_DEPENDENCY_MISSING")
  })

  test("a matched file that is no module is refused by name", async () => {
    const project = cliProject({
      "assets.config.ts": `export default { assets: ["./assets/*"], environments: {} }`,
      "assets/query.sql": "select 1",
    })
    const { code, stderr } = await project.assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toContain("CONFIG_INVALID")
    expect(stderr).toContain(join("assets", "query.sql"))
  })
})

test("a project whose folder cannot be written is read all the same, code versions included", async () => {
  const project = cliProject(shop)
  // A file in place of each cache: also for the superuser, whom no mode stops.
  project.write({ ".assets/cache": "", "package.json": `{ "type": "module" }` })
  mkdirSync(project.path("node_modules/.cache"), { recursive: true })
  project.write({ "node_modules/.cache/assets": "" })
  const { code, stdout, stderr } = await project.assets(["plan"])
  expect(stderr).toBe("")
  expect(stdout).toContain("run=")
  expect(code).toBe(0)
})
