// Copies the built packages for the time of a test run: what the tests start stays the same from the first to the last,
// also while the packages are built anew.
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import bundlePackages from "./bundle-packages.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Names the copy in `ASSETS_BUILT`; what it returns removes it. */
export default async function copyBuiltPackages() {
  await bundlePackages()
  const scratch = join(root, "tests", ".tmp")
  mkdirSync(scratch, { recursive: true })
  // Inside the repository, where what the packages depend on is found.
  const folder = mkdtempSync(join(scratch, "built-"))
  for (const name of ["core", "dataframe", "io-parquet", "io-duckdb", "io-spark", "ui", "cli"]) {
    const from = join(root, "packages", name)
    const isBundled = existsSync(join(from, "dist", "bundle"))
    for (const path of ["package.json", ...filesBelow(from, "dist"), ...filesBelow(from, "starter")]) {
      if (!isNeeded(path, isBundled)) continue
      const to = join(folder, "node_modules", "@assets", name, path)
      mkdirSync(dirname(to), { recursive: true })
      // The compiler writes into the files that are there; a bundle is replaced, file by file.
      if (path.startsWith("dist/bundle/") || path.endsWith(".d.ts")) linkSync(join(from, path), to)
      else copyFileSync(join(from, path), to)
    }
  }
  process.env.ASSETS_BUILT = folder
  return () => rmSync(folder, { recursive: true, force: true })
}

/** Of a package with a bundle the modules themselves are not loaded. */
function isNeeded(path, isBundled) {
  if (/\.(map|tsbuildinfo|tmp)$/.test(path)) return false
  return !isBundled || !path.endsWith(".js") || path.startsWith("dist/bundle/")
}

function filesBelow(folder, part) {
  if (!existsSync(join(folder, part))) return []
  const entries = readdirSync(join(folder, part), { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => relative(folder, join(entry.parentPath, entry.name)))
}
