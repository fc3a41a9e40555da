// Joins the compiled modules of each library package into few files: hundreds of small modules cost a command more than
// half of its start. What is imported lazily stays a file of its own.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const packages = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages")
/** A process that began with a former bundle may import a part of it as late as this. */
const graceMs = 60 * 60 * 1000

/** Bundles the packages whose compiled modules are newer than their bundle. */
export default async function bundlePackages() {
  for (const name of ["core", "dataframe", "io-parquet", "io-duckdb", "io-spark"]) {
    const folder = join(packages, name)
    const dist = join(folder, "dist")
    const out = join(dist, "bundle")
    if (!existsSync(dist) || isFresh(dist, out)) continue
    const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    const { outputFiles } = await build({
      entryPoints: Object.values(exports).map(entry => join(folder, entry.types.replace(/\.d\.ts$/, ".js"))),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      outbase: dist,
      outdir: out,
      write: false,
      logLevel: "warning",
    })
    replaceBundle(out, outputFiles)
  }
}

function isFresh(dist, out) {
  const made = statSync(join(out, "index.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const modules = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(
    name => name.endsWith(".js") && !name.startsWith("bundle"),
  )
  return modules.every(name => statSync(join(dist, name)).mtimeMs <= made)
}

/**
 * Puts a bundle in the place of the former one while other processes load it: what they import is the one or the other,
 * never half of a file. Parts are named by their content and come before the entries that import them; the parts of the
 * former bundle stay for a while.
 */
function replaceBundle(out, files) {
  const isPart = ({ path }) => /-[A-Z0-9]{8}\.js$/.test(path)
  for (const file of [...files.filter(isPart), ...files.filter(file => !isPart(file))]) {
    mkdirSync(dirname(file.path), { recursive: true })
    const beside = `${file.path}.${process.pid}.tmp`
    writeFileSync(beside, file.contents)
    renameSync(beside, file.path)
  }
  const current = new Set(files.map(({ path }) => path))
  for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
    const path = join(out, name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isFile() && !current.has(path) && Date.now() - found.mtimeMs > graceMs) rmSync(path, { force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundlePackages()
