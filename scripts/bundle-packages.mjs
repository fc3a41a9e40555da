// Joins the compiled modules of each library package into few files: hundreds of small modules cost a command more than
// half of its start. What is imported lazily stays a file of its own.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const packages = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages")

/** Bundles the packages whose compiled modules are newer than their bundle. */
export default async function bundlePackages() {
  for (const name of ["core", "dataframe", "io-parquet", "io-duckdb"]) {
    const folder = join(packages, name)
    const dist = join(folder, "dist")
    const out = join(dist, "bundle")
    if (!existsSync(dist) || isFresh(dist, out)) continue
    const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    rmSync(out, { recursive: true, force: true })
    await build({
      entryPoints: Object.values(exports).map(entry => join(folder, entry.types.replace(/\.d\.ts$/, ".js"))),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      outbase: dist,
      outdir: out,
      logLevel: "warning",
    })
  }
}

function isFresh(dist, out) {
  const made = statSync(join(out, "index.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const modules = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(
    name => name.endsWith(".js") && !name.startsWith("bundle"),
  )
  return modules.every(name => statSync(join(dist, name)).mtimeMs <= made)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundlePackages()
