import { readdirSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { type CliProject, type CommandOptions, cliProject } from "./cli-project.ts"

const config = `import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { storage } from "./storage"
export default defineConfig({
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb({ memoryLimit: "\${MEMORY}" }), io: parquetIO(storage), vars: { MEMORY: "300MB" } },
    berlin: { extends: "local", timeZone: "Europe/Berlin" },
    brought: { io: parquetIO(storage) },
    large: { extends: "local", engine: duckdb({ memoryLimit: "\${LARGE_MEMORY}" }) },
  },
})
`
const files = {
  "assets.config.ts": config,
  "storage.ts": `export const storage: { root: string } = { root: "data" }`,
  "assets.ts": `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
export const orders = asset("raw/orders", {
  returns: frame({ id: t.int64, at: t.timestamp }),
  version: "1",
  compute: () => [{ id: 1, at: "2024-01-31T23:30:00Z" }, { id: 2, at: "2024-02-01T10:30:00Z" }],
})
`,
  "days.ts": `import { openSession, parquetFiles, t } from "@assets/dataframe"
import { toDate } from "@assets/dataframe/functions"

const [environment = "", ...paths] = process.argv.slice(2)
await using session = await openSession(environment)
const orders = session.read(parquetFiles(paths, { id: t.int64, at: t.timestamp }))
const days = orders.select("id", f => ({ day: toDate(f.at) })).orderBy("id")
console.log(JSON.stringify(await days.take(9), (_, value) => (typeof value === "bigint" ? Number(value) : value)))
`,
  // no loader of TypeScript runs this one
  "open.mjs": `import { openSession, t } from "@assets/dataframe"
const [environment, timeZone] = process.argv.slice(2)
const session = await openSession(environment, timeZone ? { timeZone } : {}).catch(error => {
  console.log(JSON.stringify(error))
  process.exit(3)
})
const frame = session.createDataFrame({ at: t.timestamp }, [{ at: "2024-01-31T23:30:00Z" }])
console.log((await session.sql("select hour(at) as hour from f", { f: frame }).take(1))[0].hour)
await session.close()
`,
}

/** What the script prints: the hour that the session reads, or the error that openSession gave. */
async function open(project: CliProject, args: readonly string[], options?: CommandOptions): Promise<unknown> {
  const { stdout, stderr } = await project.node([project.path("open.mjs"), ...args], options)
  expect(stderr).toBe("")
  return JSON.parse(stdout)
}

describe("openSession with the name of an environment", () => {
  test("a script in the project reads what an asset has stored", async () => {
    const project = cliProject(files)
    expect((await project.assets(["materialize"])).code).toBe(0)
    const stored = (await project.assets(["path", "raw/orders"])).stdout.trim().split("\n")
    const days = (environment: string) => project.node(["--import", "tsx", "days.ts", environment, ...stored])
    expect(await days("local")).toEqual({
      code: 0,
      stdout: '[{"id":1,"day":"2024-01-31"},{"id":2,"day":"2024-02-01"}]\n',
      stderr: "",
    })
    expect((await days("berlin")).stdout).toBe('[{"id":1,"day":"2024-02-01"},{"id":2,"day":"2024-02-01"}]\n')
  })

  test("has its time zone, unless another is given, and its IO manager's engine where it names none", async () => {
    const project = cliProject(files)
    expect(await open(project, ["local"])).toBe(23)
    expect(await open(project, ["berlin"])).toBe(0)
    expect(await open(project, ["berlin", "UTC"])).toBe(23)
    expect(await open(project, ["brought"])).toBe(23)
  })

  test("is found from a folder below the config, and leaves nothing there", async () => {
    const project = cliProject({ ...files, "notebooks/a.txt": "" })
    const before = readdirSync(project.folder)
    expect(await open(project, ["berlin"], { cwd: "notebooks" })).toBe(0)
    expect(readdirSync(project.folder)).toEqual(before)
  })

  test.each(["ts", "mts", "js", "mjs"])("a config may be an assets.config.%s, as for the command", async extension => {
    const { "assets.config.ts": text, ...others } = files
    const imported = text.replace("./storage", extension.endsWith("js") ? "./storage.mjs" : "./storage")
    const project = cliProject({
      ...others,
      "storage.mjs": `export const storage = { root: "data" }`,
      [`assets.config.${extension}`]: imported,
    })
    expect(await open(project, ["berlin"])).toBe(0)
    expect((await project.assets(["env", "list"])).code).toBe(0)
  })

  test("gives the options of its engine the values of variables", async () => {
    const project = cliProject(files)
    expect(await open(project, ["large"])).toMatchObject({
      code: "VARIABLE_MISSING",
      what: "The variable 'LARGE_MEMORY' has no value, and the environment 'large' needs it.",
    })
    expect(await open(project, ["large"], { env: { LARGE_MEMORY: "400MB" } })).toBe(23)
  })

  test("that there is not is refused with the nearest", async () => {
    expect(await open(cliProject(files), ["berln"])).toMatchObject({
      code: "ENVIRONMENT_UNKNOWN",
      why: "The project declares local, berlin, brought, large.",
      fix: "Did you mean 'berlin'?",
    })
  })

  test("a faulty config is refused as by the command", async () => {
    const project = cliProject({ ...files, "assets.config.ts": config.replace('"local",\n', '"lokal",\n') })
    expect(await open(project, ["local"])).toMatchObject({ code: "ENVIRONMENT_UNKNOWN" })
  })
})

describe("FRAME_ENVIRONMENT_UNAVAILABLE", () => {
  const unavailable = (why: string, fix: string) => ({
    code: "FRAME_ENVIRONMENT_UNAVAILABLE",
    what: "The environment 'local' cannot be opened.",
    why: expect.stringContaining(why),
    fix: expect.stringContaining(fix),
  })

  test("where there is no config", async () => {
    const { "assets.config.ts": _, ...others } = files
    const wanted = unavailable("a folder above it has an assets.config.ts", "openSession(duckdb())")
    expect(await open(cliProject(others), ["local"])).toMatchObject(wanted)
  })

  test("where the config cannot be read, or throws", async () => {
    const broken = cliProject({ ...files, "assets.config.ts": `import { storage } from "./nowhere.ts"\nstorage` })
    expect(await open(broken, ["local"])).toMatchObject(unavailable('Could not resolve "./nowhere.ts"', "Correct"))
    const throwing = cliProject({ ...files, "assets.config.ts": `throw new Error("no such luck")` })
    expect(await open(throwing, ["local"])).toMatchObject(unavailable("no such luck", "Correct the config"))
  })

  test("where the config is of another product", async () => {
    const project = cliProject({ ...files, "assets.config.ts": "export default { environments: { local: {} } }" })
    expect(await open(project, ["local"])).toMatchObject(unavailable("does not import @assets/core", "defineConfig"))
  })
})
