// Makes sure that there are object stores for the tests of s3://, and DuckDB's extension for them. One line of output each.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = process.env.ASSETS_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "assets")
const folder = join(cache, "test-object-stores")

/** Each with its version in its name, so that a newer one is built beside it. */
const stores = [
  { name: "gofakes3-1.2.0", module: "github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0" },
  { name: "versitygw-1.8.0", module: "github.com/versity/versitygw/cmd/versitygw@v1.8.0" },
]

for (const { name, module } of stores) {
  const place = join(folder, name)
  const program = join(place, name.slice(0, name.indexOf("-")))
  if (!existsSync(program)) {
    mkdirSync(place, { recursive: true })
    const { status, error, stderr } = spawnSync("go", ["install", module], {
      env: { ...process.env, GOBIN: place },
      encoding: "utf8",
    })
    if (status !== 0) {
      console.log(`${name} is absent: ${error ? "Go is not on this machine." : stderr.trim().split("\n").at(-1)}`)
      process.exitCode = 1
      continue
    }
  }
  console.log(`Object store: ${program}`)
}

const main = join(root, "packages", "cli", "dist", "main.js")
const install = [main, "duckdb", "install", "--with", "delta", "--json"]
const { stdout, stderr } = spawnSync(process.execPath, install, { encoding: "utf8" })
try {
  for (const line of stdout.trim().split("\n")) console.log(`DuckDB's extension: ${JSON.parse(line).path}`)
} catch {
  console.log(`DuckDB's extensions are absent: ${stderr.trim().split("\n").at(-1)}`)
  process.exitCode = 1
}
