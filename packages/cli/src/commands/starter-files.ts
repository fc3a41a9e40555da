import { readFileSync } from "node:fs"

/** Of the folder `starter` beside this package's code, by their path in a new project. */
const copied = {
  "tsconfig.json": "tsconfig.json",
  // Under its own name npm would leave it out of the package.
  ".gitignore": "gitignore",
  "assets.config.ts": "assets.config.ts",
  "assets/orders.ts": "assets/orders.ts",
  "assets/orders.test.ts": "assets/orders.test.ts",
  "raw/orders.csv": "raw/orders.csv",
} as const

/** The files of a new project, by their path. */
export function starterFiles(name: string, version: string): { readonly [path: string]: string } {
  const files = Object.entries(copied).map(([path, from]) => {
    return [path, readFileSync(new URL(`../../starter/${from}`, import.meta.url), "utf8")] as const
  })
  return { "package.json": manifest(name, version), ...Object.fromEntries(files) }
}

function manifest(name: string, version: string): string {
  const ours = ["cli", "core", "dataframe", "io-duckdb", "io-parquet"]
  const manifest = {
    name,
    private: true,
    type: "module",
    scripts: { start: "assets materialize", test: "vitest run", types: "tsc" },
    dependencies: Object.fromEntries(ours.map(one => [`@assets/${one}`, `^${version}`])),
    devDependencies: { typescript: "^7.0.2", vitest: "^4.1.12" },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}
