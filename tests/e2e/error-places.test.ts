import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { type CliProject, cliProject } from "./cli-project.ts"

const failing = {
  "assets/compute.ts": `import { asset, json } from "@assets/core"
function boom(): never { throw new Error("of compute") }
export const a = asset("x/compute", { deps: {}, returns: json<number>(), compute: async () => boom() })
`,
  "assets/transform.ts": `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
function boom(): never { throw new Error("of transform") }
export const a = asset("x/transform", { deps: {}, returns: frame({ id: t.int64 }), transform: () => boom() })
`,
}

async function expectPlaces(project: CliProject, cwd: string): Promise<void> {
  const compute = await project.assets(["materialize", "x/compute"], { cwd })
  expect(compute.stderr).toMatch(/^assets\/compute\.ts:2:32\n/)
  const transform = await project.assets(["plan", "x/transform"], { cwd })
  expect(transform.stderr).toMatch(/^assets\/transform\.ts:3:32\n/)
  project.write({ [`${cwd}/assets/loading.ts`]: `const one = 1\nthrow new TypeError(\`while loading \${one}\`)\n` })
  const loading = await project.assets(["list"], { cwd })
  expect(loading.stderr).toMatch(/^assets\/loading\.ts:2:7\n/)
  expect(loading.code).toBe(2)
}

describe("the user's line comes first", () => {
  test.each(["sp ace", "pa (ren) s", "per%20cent#hash?q", "ünï-✓", "quo'te\""])("in a folder named %s", async name => {
    const project = cliProject({})
    project.write(Object.fromEntries(Object.entries(failing).map(([path, text]) => [`${name}/${path}`, text])))
    await expectPlaces(project, name)
  })

  test("where node_modules is a link", async () => {
    const project = cliProject({})
    mkdirSync(project.path("elsewhere/far/modules"), { recursive: true })
    project.write(Object.fromEntries(Object.entries(failing).map(([path, text]) => [`app/${path}`, text])))
    writeFileSync(project.path("app/package.json"), `{ "type": "module" }`)
    symlinkSync(project.path("elsewhere/far/modules"), project.path("app/node_modules"))
    await expectPlaces(project, "app")
  })

  test("where the project's folder is a link", async () => {
    const project = cliProject({})
    project.write(Object.fromEntries(Object.entries(failing).map(([path, text]) => [`real/deep/app/${path}`, text])))
    writeFileSync(
      project.path("real/deep/app/assets.config.ts"),
      `import { defineConfig } from "@assets/core"
import { parquetIO } from "@assets/io-parquet"
export default defineConfig({ environments: { local: { io: parquetIO({ root: "data" }) } } })
`,
    )
    symlinkSync(project.path("real/deep/app"), project.path("link"))
    const { stderr } = await project.assets(["materialize", "x/compute", "--config", "link"])
    expect(stderr).toMatch(/^real\/deep\/app\/assets\/compute\.ts:2:32\n/)
    await expectPlaces(project, "link")
  })
})

test("a module that is a link has the code version of all that it imports", async () => {
  const project = cliProject({
    "shared/factor.ts": "export const factor = 2\n",
    "shared/a.ts": `import { asset, json } from "@assets/core"
import { factor } from "./factor.ts"
export const one = asset("x/one", { version: "1", deps: {}, returns: json<number>(), compute: async () => 1 })
export const a = asset("x/a", { deps: { one }, returns: json<number>(), compute: async ({ one }) => one * factor })
`,
    "assets/other.ts": "export const nothing = 1\n",
  })
  symlinkSync(project.path("shared/a.ts"), project.path("assets/a.ts"))
  expect((await project.assets(["materialize"])).stdout).toContain("ok=2")
  project.write({ "shared/factor.ts": "export const factor = 3\n" })
  await project.assets(["materialize"])
  expect(await project.json(["show", "x/a"])).toEqual([3])
})

test("the locks that an editor leaves beside a module are none", async () => {
  const project = cliProject({
    "assets/a.ts": `import { asset, json } from "@assets/core"
export const a = asset("x/a", { returns: json(), compute: () => 1 })
`,
  })
  symlinkSync("someone@host.1234", project.path("assets/.#a.ts"))
  const { code, stderr } = await project.assets(["list"])
  expect(stderr).toBe("")
  expect(code).toBe(0)
})
