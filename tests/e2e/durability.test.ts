import { existsSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { type CliProject, cliProject } from "./cli-project.ts"

const files = {
  "assets.ts": `import { asset, json } from "@assets/core"
import { frame, t } from "@assets/dataframe"

export const rows = asset("made/rows", {
  returns: frame({ id: t.int32 }),
  version: "1",
  compute: () => [{ id: 1 }],
})
export const copy = asset("made/copy", { deps: { rows }, returns: frame({ id: t.int32 }), transform: ({ rows }) => rows })
`,
  "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

const engine = duckdb({ threads: 1 })
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "process",
  environments: {
    process: { engine, io: parquetIO({ root: "data" }) },
    power: { engine, io: parquetIO({ root: "safe" }), durability: "power" },
  },
})
`,
  // Writes down what is waited for on the disk; loaded before the command.
  "watch-sync.cjs": `const fs = require("node:fs")
const { fsyncSync } = fs
fs.fsyncSync = handle => {
  fs.appendFileSync("synced.txt", fs.readlinkSync("/proc/self/fd/" + handle) + "\\n")
  return fsyncSync(handle)
}
require("node:module").syncBuiltinESMExports()
`,
}

async function synced(project: CliProject, env: string): Promise<string[]> {
  const options = { env: { NODE_OPTIONS: `--require ${project.path("watch-sync.cjs")}` } }
  const { code, stdout, stderr } = await project.assets(["materialize", "--env", env], options)
  expect(code, stdout + stderr).toBe(0)
  if (!existsSync(project.path("synced.txt"))) return []
  const paths = readFileSync(project.path("synced.txt"), "utf8").trim().split("\n")
  return paths.map(path => path.replace(`${project.folder}/`, ""))
}

test("durability 'power' waits for the disk: the data's files, marker, pointer, and the folders that name them", async () => {
  const paths = await synced(cliProject(files), "power")
  for (const key of ["rows", "copy"]) {
    const own = paths.filter(path => path.startsWith(`safe/made/${key}`))
    expect(own.some(path => path.endsWith(".parquet"))).toBe(true)
    expect(own.some(path => path.includes("_assets.json"))).toBe(true)
    expect(own.some(path => path.includes("_current/all.json"))).toBe(true)
    expect(own.some(path => /_versions\/[^/]+$/.test(path))).toBe(true)
    expect(own).toContain(`safe/made/${key}/_versions`)
    expect(own).toContain(`safe/made/${key}/_current`)
    // The files come before the marker that says they are whole, and that before what makes it current.
    const first = (part: string) => own.findIndex(path => path.includes(part))
    expect(first(".parquet")).toBeLessThan(first("_assets.json"))
    expect(first("_assets.json")).toBeLessThan(first("_current/"))
  }
})

test("without it nothing is waited for", async () => {
  expect(await synced(cliProject(files), "process")).toEqual([])
})
