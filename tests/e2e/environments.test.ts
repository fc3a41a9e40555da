import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

const imports = `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
`
const config = (body: string) => `${imports}export default defineConfig({\n${body}\n})\n`
const environments = (body: string) => config(`  environments: {\n${body}\n  },`)
const done = /Done\. ok=(\d+) skipped=(\d+) failed=(\d+)/

function counts(stdout: string): number[] {
  return (done.exec(stdout) ?? []).slice(1).map(Number)
}

/** All bytes of the files below a folder. */
function bytesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(`${entry.parentPath}/${entry.name}`, "latin1"))
    .join("\n")
}

describe("an environment is", () => {
  test("DuckDB and Parquet in ./data without a config", async () => {
    const project = cliProject(shop)
    const { code, stdout } = await project.assets(["materialize"])
    expect([code, ...counts(stdout)]).toEqual([0, 3, 0, 0])
    expect(existsSync(project.path("data/marts/customers/_current/all.json"))).toBe(true)
    expect(await project.json(["env"])).toEqual([
      { name: "local", default: true, engine: "duckdb", io: "parquet", location: "data", extends: null },
    ])
  })

  test("chosen by --env, else by ASSETS_ENV, else by the config", async () => {
    const project = cliProject({
      ...shop,
      "assets.config.ts": config(`  defaultEnvironment: "one",
  environments: {
    one: { io: parquetIO({ root: "one" }) },
    two: { io: parquetIO({ root: "two" }) },
    three: { io: parquetIO({ root: "three" }) },
  },`),
    })
    const roots = () => ["one", "two", "three"].filter(root => existsSync(project.path(root)))
    await project.assets(["materialize", "staging/large"])
    expect(roots()).toEqual(["one"])
    await project.assets(["materialize", "staging/large"], { env: { ASSETS_ENV: "two" } })
    expect(roots()).toEqual(["one", "two"])
    await project.assets(["materialize", "staging/large", "--env", "three"], { env: { ASSETS_ENV: "two" } })
    expect(roots()).toEqual(["one", "two", "three"])
    const runs = await project.json<{ environment: string }>(["runs"])
    expect(runs.map(run => run.environment)).toEqual(["three", "two", "one"])
  })

  test("complete with an IO manager alone, which brings its engine", async () => {
    const project = cliProject({
      ...shop,
      "assets.config.ts": environments(`    file: { io: duckdbFileIO({ path: "\${STORE}.duckdb" }) },`),
    })
    const { code, stdout, stderr } = await project.assets(["materialize"], { env: { STORE: "of-process" } })
    expect([code, ...counts(stdout), stderr]).toEqual([0, 3, 0, 0, ""])
    expect(existsSync(project.path("of-process.duckdb"))).toBe(true)
    const shown = await project.assets(["show", "marts/customers"], { env: { STORE: "of-process" } })
    expect(shown.stdout).toContain("ada")
  })
})

describe("the settings of an environment", () => {
  test("route sends selections to named engines and IO managers, before the names that assets give", async () => {
    const project = cliProject({
      ...shop,
      "assets.config.ts": environments(`    local: {
      engine: duckdb(),
      io: parquetIO({ root: "data" }),
      engines: { small: duckdb({ threads: 1, memoryLimit: "\${MEMORY}" }) },
      ios: { archive: parquetIO({ root: "archive" }), warehouse: duckdbFileIO({ path: "warehouse.duckdb" }) },
      route: { "group:marts or reports/*": { io: "warehouse" }, "staging/*": { engine: "small", io: "archive" } },
      vars: { MEMORY: "256MB" },
    },`),
    })
    const { code, stdout, stderr } = await project.assets(["materialize"])
    expect([code, ...counts(stdout), stderr]).toEqual([0, 3, 0, 0, ""])
    expect(existsSync(project.path("archive/staging/large"))).toBe(true)
    expect(existsSync(project.path("data"))).toBe(false)
    const [path] = await project.json<{ paths: string[] }>(["path", "marts/customers"])
    expect(path?.paths).toEqual([`${project.path("warehouse.duckdb")}:marts.customers`])
    expect(counts((await project.assets(["materialize"])).stdout)).toEqual([0, 3, 0])
  })

  test("sources move as a whole, or by selection, by a variable too", async () => {
    const project = cliProject({
      ...shop,
      "there/orders.csv": "id,customer,cents\n1,grace,9000\n",
      "assets.config.ts": environments(`    whole: { io: parquetIO({ root: "a" }), sources: "\${PLACE}" },
    some: { io: parquetIO({ root: "b" }), sources: { "raw/*": "nowhere", "raw/orders": "\${PLACE}" } },`),
    })
    const PLACE = project.path("there")
    for (const environment of ["whole", "some"]) {
      const options = { env: { PLACE, ASSETS_ENV: environment } }
      expect(counts((await project.assets(["materialize", "marts/*", "staging/*"], options)).stdout)).toEqual([2, 0, 0])
      const rows = await project.json(["show", "marts/customers"], options)
      expect(rows).toEqual([{ customer: "grace", orders: "1", cents: "9000" }])
    }
  })

  test("state is one for each environment that says so, and private to its user", async () => {
    const project = cliProject({
      ...shop,
      "assets.config.ts": config(`  defaultEnvironment: "a",
  state: { path: "shared" },
  environments: {
    a: { io: parquetIO({ root: "a" }) },
    b: { io: parquetIO({ root: "b" }), state: { path: "\${STATE}/of-b" }, vars: { STATE: "own" } },
  },`),
    })
    await project.assets(["materialize", "staging/large"])
    await project.assets(["materialize", "staging/large", "--env", "b"])
    expect(existsSync(project.path("shared/assets.db"))).toBe(true)
    expect(existsSync(project.path("own/of-b/assets.db"))).toBe(true)
    for (const folder of ["shared", "own/of-b"]) expect(statSync(project.path(folder)).mode & 0o777).toBe(0o700)
    expect(await project.json(["runs"])).toHaveLength(1)
    expect(await project.json(["runs", "--env", "b"])).toHaveLength(1)
  })

  test("a variable is missed where it is needed, and nowhere else", async () => {
    const project = cliProject({
      ...shop,
      "assets.config.ts": config(`  defaultEnvironment: "local",
  environments: {
    local: { io: parquetIO({ root: "data" }) },
    prod: { io: parquetIO({ root: "lake/\${LAKE}" }), engine: duckdb({ memoryLimit: "\${MEMORY}" }) },
  },`),
    })
    expect((await project.assets(["materialize", "staging/large"])).code).toBe(0)
    expect((await project.assets(["env", "show", "prod"])).stdout).toContain("Not set: LAKE, MEMORY")
    const { code, stdout, stderr } = await project.assets(["materialize", "--env", "prod"])
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain("VARIABLE_MISSING The variable 'LAKE' has no value, and the environment 'prod' needs it.")
    expect(stderr).toContain(`It stands in its 'io.root', 'lake/\${LAKE}'`)
    expect(stderr).toContain("export LAKE=…")
    const engine = await project.assets(["materialize", "staging/large", "--env", "prod"], { env: { LAKE: "x" } })
    expect(engine.code).toBe(1)
    expect(engine.stdout + engine.stderr).toContain("The variable 'MEMORY' has no value")
  })
})

describe("what is wrong with a config", () => {
  test("is told all at once, each at its line and column, also from other files, spreads and functions", async () => {
    const project = cliProject({
      ...shop,
      "settings/shared.ts": `import type { EnvironmentConfig } from "@assets/core"

interface Base { readonly pools: object }

export const base: Base & object = {
  hashLimitMB: 5,
  pools: {
    disk: 2, api: 0,
  },
}

export function environment(root: string, more: object): EnvironmentConfig {
  // A comment, and a cast that is gone before it runs.
  return { ...base, timeZone: "Mars/Base" as string, ...more } as EnvironmentConfig
}
`,
      "assets.config.ts": `${imports}import { environment } from "./settings/shared.ts"

enum Root { Data = "data" }
const names = ["one"]

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "locl",
  environments: {
    local: { io: parquetIO({ root: Root.Data }), pool: { api: 2 },    reuse: ["local", "prd"] },
    helped: environment("x", { io: parquetIO({ root: "h" }), publish: "rum" }),
    ...Object.fromEntries(names.map(name => [name, { io: parquetIO({ root: name }), "time-zone": "UTC" }])),
    lake: { io: parquetIO({ root: "abfss://lake" }) },
    branch: { extends: "lakes", io: duckdbFileIO({ path: "b.duckdb" }), publish: "run" },
  },
} as never)
`,
    })
    const { code, stdout, stderr } = await project.assets(["list"])
    expect([code, stdout]).toEqual([2, ""])
    const places = stderr
      .split("\n")
      .flatMap((line, i, lines) => {
        const what = lines.slice(i).find(one => one.startsWith("error "))
        return /^[\w./]+:\d+:\d+$/.test(line) ? [`${line} ${what?.slice(6)}`] : []
      })
      .sort()
    expect(places).toEqual([
      "assets.config.ts:11:3 ENVIRONMENT_UNKNOWN There is no environment 'locl', which 'defaultEnvironment' names.",
      "assets.config.ts:13:50 CONFIG_INVALID The environment 'local' has the setting 'pool', which there is not.",
      "assets.config.ts:13:79 CONFIG_INVALID The environment 'local' reuses itself.",
      "assets.config.ts:13:88 ENVIRONMENT_UNKNOWN There is no environment 'prd', which 'reuse[1]' of 'local' names.",
      "assets.config.ts:14:62 CONFIG_INVALID 'publish' of 'helped' is 'rum'.",
      "assets.config.ts:15:85 CONFIG_INVALID The environment 'one' has the setting 'time-zone', which there is not.",
      "assets.config.ts:16:13 ENVIRONMENT_UNSUPPORTED 'io' of 'lake' (parquet) cannot be used.",
      "assets.config.ts:17:15 ENVIRONMENT_UNKNOWN There is no environment 'lakes', which 'extends' of 'branch' names.",
      "settings/shared.ts:14:21 CONFIG_INVALID 'timeZone' of 'helped' is 'Mars/Base'.",
      "settings/shared.ts:8:14 CONFIG_INVALID 'pools.api' of 'helped' is 0.",
    ])
    expect(stderr).toContain("Did you mean 'timeZone'?")
    expect(stderr).toContain("10 faults. Nothing ran.")
  })

  test("is told with the config's name where its place cannot be known", async () => {
    const { code, stderr } = await cliProject({
      ...shop,
      "assets.config.ts": environments(
        `    local: Object.assign(new (class { timeZone = "Mars/Base" })(), { io: parquetIO({ root: "data" }) }) as never,`,
      ),
    }).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^error CONFIG_INVALID 'timeZone' of 'local' is 'Mars\/Base'\./)
    expect(stderr).toContain("It is a setting of assets.config.ts.")
  })

  test.each([
    ["no default export", "export const x = 1\n", /The config is not there/],
    ["a function", "export default () => ({})\n", /The config is a function/],
    [
      "no environments",
      "export default {}\n",
      /assets\.config\.ts:1:16\n[\s\S]*'environments' of the config is not there/,
    ],
    [
      "another top",
      "export default { environments: {}, asets: [] }\n",
      /assets\.config\.ts:1:36\n[\s\S]*Did you mean 'assets'\?/,
    ],
    [
      "an environment without io",
      "export default { environments: { local: {} } }\n",
      /:1:34\n[\s\S]*The environment 'local' has no 'io'/,
    ],
    [
      "assets that are no list",
      `export default { environments: {}, assets: "a.ts" }\n`,
      /:1:36\n[\s\S]*'assets' of the config is 'a\.ts'/,
    ],
  ])("%s is refused", async (_, text, message) => {
    const { code, stderr } = await cliProject({ ...shop, "assets.config.ts": text }).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })

  test("options of a factory are told at the line that calls it, with their own code", async () => {
    const { code, stderr } = await cliProject({
      ...shop,
      "assets.config.ts": environments(`    local: { io: parquetIO({ root: "" }) },`),
    }).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^assets\.config\.ts:6:18\n/)
    expect(stderr).toContain("CONFIG_INVALID parquetIO() was given wrong options.")
  })

  test.each([
    [`{ io: parquetIO({ root: "data", keeep: 3 }) }`, "There is no option 'keeep'; there are root, keep, compression."],
    [`{ io: parquetIO() }`, "They are no object."],
    [`{ io: duckdbFileIO({ pth: "w.duckdb" }) }`, "There is no option 'pth'; there are path, waitMs, staging."],
    [`{ io: duckdbFileIO() }`, "They are no object."],
    [
      `{ io: parquetIO({ root: "data" }), engine: duckdb({ threds: 2 }) }`,
      "There is no option 'threds'; there are memoryLimit, threads, tempFolder, maxSpill.",
    ],
  ])("options of a factory that it does not have: %s", async (environment, why) => {
    const { code, stderr } = await cliProject({
      ...shop,
      "assets.config.ts": environments(`    local: ${environment},`),
    }).assets(["list"])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^assets\.config\.ts:6:\d+\n/)
    expect(stderr).toContain("CONFIG_INVALID")
    expect(stderr).toContain(why)
  })

  test("is told together with what is wrong with the assets, where the form is right", async () => {
    const { stderr } = await cliProject({
      ...shop,
      "more.ts": `import { asset, json } from "@assets/core"\nexport const bad = asset("bad key!/x", { returns: json(), compute: () => 1 })\n`,
      "assets.config.ts": config(`  assets: ["./assets.ts", "./more.ts"],
  environments: { local: { io: parquetIO({ root: "data" }), reuse: ["prod"] } },`),
    }).assets(["list"])
    expect(stderr).toMatch(/^more\.ts:2:\d+$/m)
    expect(stderr).toMatch(/^assets\.config\.ts:6:69$/m)
    expect(stderr).toContain("2 faults. Nothing ran.")
  })

  test("a route to nothing, and a selection of it that names nothing", async () => {
    const { stderr } = await cliProject({
      ...shop,
      "assets.config.ts": environments(`    local: {
      io: parquetIO({ root: "data" }),
      route: { "group:mart": { engine: "default" } },
    },`),
    }).assets(["list"])
    expect(stderr).toMatch(/^assets\.config\.ts:8:16$/m)
    expect(stderr).toContain("Did you mean 'marts'?")
  })
})

const secretive = `${imports}
export default defineConfig({
  defaultEnvironment: "local",
  environments: {
    local: { io: parquetIO({ root: "data" }), vars: { API_TOKEN: "hunter2-hunter2", REGION: "eu" } },
    prod: {
      extends: "local",
      io: parquetIO({ root: "lake/\${LAKE}" }),
      sources: "https://me:hunter2-hunter2@host/raw?token=hunter2-hunter2",
      pools: { api: 2 },
      ios: { archive: parquetIO({ root: "archive" }) },
      route: { "marts/*": { io: "archive" } },
    },
  },
})
`

describe("assets env", () => {
  const project = () => cliProject({ ...shop, "assets.config.ts": secretive })

  test("list", async () => {
    expect(
      (await project().assets(["env", "list"])).stdout,
    ).toBe(`environment  default  engine  io       location      extends
local        default  duckdb  parquet  data
prod                  duckdb  parquet  lake/\${LAKE}  local
`)
  })

  test("show: settings with where each is from, and no secret", async () => {
    const { code, stdout } = await project().assets(["env", "show", "prod"])
    expect(code).toBe(0)
    expect(stdout).not.toContain("hunter2")
    expect(stdout.split("\n").map(line => line.split(/ {2,}/))).toEqual(
      expect.arrayContaining([
        ["prod", "(extends local)"],
        ["io.root", `lake/\${LAKE}`, "prod"],
        ["ios.archive.root", "archive", "prod"],
        ["route.marts/*", '{"io":"archive"}', "prod"],
        ["sources", "https://me:***@host/raw?token=***", "prod"],
        ["vars.API_TOKEN", "***", "local"],
        ["vars.REGION", "eu", "local"],
        ["timeZone", "UTC", "default"],
        ["Not set: LAKE"],
      ]),
    )
    const [json] = await project().json(["env", "show"])
    expect(json).toMatchObject({ name: "local", default: true, extends: null, missingVariables: [] })
    expect(JSON.stringify(json)).not.toContain("hunter2")
  })

  test("diff: the settings that differ, and the assets that go elsewhere", async () => {
    const { stdout } = await project().assets(["env", "diff", "local", "prod", "--assets"])
    expect(stdout).not.toContain("hunter2")
    expect(stdout).not.toContain("vars")
    expect(await project().json(["env", "diff", "local", "prod", "--assets"])).toEqual(
      expect.arrayContaining([
        { setting: "io.root", a: "data", b: `lake/\${LAKE}` },
        { setting: "pools.api", a: null, b: 2 },
        { key: "marts/customers", a: { engine: "default", io: "default" }, b: { engine: "default", io: "archive" } },
      ]),
    )
    expect((await project().assets(["env", "diff", "prod", "prod"])).stdout).toBe("prod and prod do not differ.\n")
  })

  test("an unknown environment is wrong use", async () => {
    const { code, stderr } = await project().assets(["env", "show", "prd"])
    expect(code).toBe(2)
    expect(stderr).toContain("Did you mean 'prod'?")
  })
})

test("a compute that logs and throws its token leaves it nowhere: output, --json, history", async () => {
  const token = 'hunter2-"quoted"-hunter2'
  const pem = "-----BEGIN-----\nhunter2line\n-----END-----"
  const project = cliProject({
    "assets.ts": `import { asset, json } from "@assets/core"
export const leaky = asset("a/leaky", { returns: json<number>(), retry: { attempts: 2 }, compute: (_, ctx) => {
  ctx.log.warn(\`using \${process.env.API_TOKEN}\`, { header: \`Bearer \${process.env.API_TOKEN}\` })
  ctx.log.info(String(process.env.PRIVATE_KEY))
  console.log("printed", process.env.API_TOKEN)
  console.error("printed", process.env.PRIVATE_KEY)
  throw new Error(\`401 for \${process.env.API_TOKEN} \${process.env.PRIVATE_KEY}\`, { cause: { token: process.env.API_TOKEN } })
} })
`,
  })
  const env = { API_TOKEN: token, PRIVATE_KEY: pem }
  const outputs: string[] = []
  for (const args of [["--verbose"], ["--json"]]) {
    const { code, stdout, stderr } = await project.assets(["materialize", ...args], { env })
    expect(code).toBe(1)
    outputs.push(stdout, stderr)
  }
  for (const args of [
    ["logs", "latest"],
    ["show", "latest"],
    ["logs", "latest", "--json"],
    ["show", "latest", "--verbose"],
  ]) {
    outputs.push((await project.assets(["runs", ...args], { env: {} })).stdout) // what was kept holds none
  }
  const text = outputs.join("\n")
  expect(text).toContain("using ***")
  expect(text).toContain("401 for ***")
  expect(text.match(/^printed \*\*\*$/gm)).toHaveLength(8) // twice in each of two attempts of two runs
  expect(text).not.toContain("hunter2")
  expect(bytesBelow(project.path(".assets"))).not.toContain("hunter2")
})

test("a change of the default environment's IO manager swaps storage and engine together", async () => {
  const project = cliProject({
    ...shop,
    "assets.config.ts": environments(`    local: { io: parquetIO({ root: "data" }) },`),
  })
  expect(counts((await project.assets(["materialize"])).stdout)).toEqual([3, 0, 0])
  writeFileSync(
    project.path("assets.config.ts"),
    environments(`    local: { io: duckdbFileIO({ path: "w.duckdb" }) },`),
  )
  expect(counts((await project.assets(["materialize"])).stdout)).toEqual([3, 0, 0])
  expect(existsSync(project.path("w.duckdb"))).toBe(true)
})
