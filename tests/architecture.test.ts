import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packages = join(root, "packages")

/** Which of our packages a package may import; `lazily` only by `import()`. */
const mayImport: {
  readonly [name: string]: { readonly eagerly: readonly string[]; readonly lazily?: readonly string[] }
} = {
  core: { eagerly: [] },
  dataframe: { eagerly: [] },
  "io-parquet": { eagerly: ["core", "dataframe"] },
  "io-duckdb": { eagerly: ["core", "dataframe"] },
  "io-spark": { eagerly: ["core", "dataframe"] },
  ui: { eagerly: ["core"] },
  cli: { eagerly: ["core"], lazily: ["dataframe", "io-parquet", "io-duckdb", "io-spark", "ui"] },
}

const entryPoints = new Set([
  "@assets/core",
  "@assets/core/testing",
  "@assets/dataframe",
  "@assets/dataframe/functions",
  "@assets/dataframe/checks",
  "@assets/dataframe/testing",
  "@assets/io-parquet",
  "@assets/io-duckdb",
  "@assets/io-spark",
  "@assets/ui",
])

/** Folders of core in the order in which they may import one another at run time: only from those before. */
const coreOrder = [
  "util",
  "errors",
  "object-store",
  "check",
  "engine",
  "value",
  "partition",
  "io",
  "asset",
  "schedule",
  "environment",
  "source",
  "event",
  "plan",
  "advice",
  "run",
  "transfer",
  "testing",
]
const dataframeOrder = ["errors", "schema", "function", "plan", "sql", "session", "testing"]

/** Modules that cost tens of milliseconds: imported by the command that needs them, never while a CLI starts. */
const heavy = [
  /^@aws-sdk\//,
  /^@duckdb\//,
  /^@grpc\//,
  /^@bufbuild\//,
  /^apache-arrow$/,
  /^parquet-wasm/,
  /^fastify$/,
  /^google-auth-library$/,
  /^@fastify\//,
  /^esbuild$/,
  /^vite$/,
  /^zod/,
]

interface Import {
  readonly from: string
  readonly specifier: string
  readonly kind: "static" | "type" | "dynamic"
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(name => /\.tsx?$/.test(name) && !name.split("/").includes("node_modules"))
    .map(name => join(folder, name))
    .sort()
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
  const found: Import[] = []
  for (const m of text.matchAll(/^\s*(?:import|export)\s+(type\s)?([^"'`;]*?from\s*)?["']([^"']+)["']/gm)) {
    const names = m[2] ?? ""
    const onlyTypes = m[1] !== undefined || /^\{\s*(type\s+[\w$]+(\s+as\s+[\w$]+)?\s*,?\s*)+\}\s*from\s*$/.test(names)
    found.push({ from: file, specifier: m[3] ?? "", kind: onlyTypes ? "type" : "static" })
  }
  for (const m of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    found.push({ from: file, specifier: m[1] ?? "", kind: "dynamic" })
  }
  return found
}

const names = readdirSync(packages).filter(name => existsSync(join(packages, name, "package.json")))
const files = new Map(names.map(name => [name, sourceFiles(join(packages, name, "src"))]))
const imports = new Map(names.map(name => [name, (files.get(name) ?? []).flatMap(importsOf)]))
const show = (i: Import) => `${relative(root, i.from)} imports ${i.specifier}`

describe("packages", () => {
  test("each package imports only the packages that it may", () => {
    const wrong = names.flatMap(name =>
      (imports.get(name) ?? []).filter(i => {
        const other = /^@assets\/([^/]+)/.exec(i.specifier)?.[1]
        if (!other || other === name) return false
        const rule = mayImport[name]
        if (rule?.eagerly.includes(other)) return false
        return !(i.kind !== "static" && rule?.lazily?.includes(other))
      }),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test("packages import one another by their entry points", () => {
    const all = [...imports.values()].flat()
    const wrong = all.filter(i => i.specifier.startsWith("@assets/") && !entryPoints.has(i.specifier))
    const outside = all.filter(i => {
      if (!i.specifier.startsWith(".")) return false
      const own = relative(packages, i.from).split("/")[0]
      return relative(packages, resolve(dirname(i.from), i.specifier)).split("/")[0] !== own
    })
    expect([...wrong, ...outside].map(show)).toEqual([])
  })

  test("what a package imports stands in its package.json", () => {
    const missing: string[] = []
    for (const name of names) {
      const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"))
      const own = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }
      for (const i of imports.get(name) ?? []) {
        if (i.specifier.startsWith(".") || i.specifier.startsWith("node:")) continue
        const pkg = i.specifier
          .split("/")
          .slice(0, i.specifier.startsWith("@") ? 2 : 1)
          .join("/")
        if (pkg !== `@assets/${name}` && !(pkg in own)) missing.push(show(i))
      }
    }
    expect(missing).toEqual([])
  })

  test("what stands in a package.json is used", () => {
    const unused: string[] = []
    for (const name of names) {
      const folder = join(packages, name)
      const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const settings = ["vite.config.ts"].map(file => join(folder, file)).filter(file => existsSync(file))
      const texts = [...(files.get(name) ?? []), ...sourceFiles(join(folder, "test")), ...settings].map(file =>
        readFileSync(file, "utf8"),
      )
      for (const dependency of Object.keys({ ...dependencies, ...devDependencies })) {
        const isUsed = texts.some(text => text.includes(`"${dependency}"`) || text.includes(`"${dependency}/`))
        // Types of a package stand for the package; the web build names itself in a script.
        if (!isUsed && !dependency.startsWith("@types/")) unused.push(`${name}: ${dependency}`)
      }
    }
    expect(unused).toEqual([])
  })

  test("the browser part of ui takes only types from core", () => {
    const web = (imports.get("ui") ?? []).filter(i => i.from.includes("/src/web/"))
    expect(web.filter(i => i.specifier.startsWith("@assets/") && i.kind !== "type").map(show)).toEqual([])
  })
})

describe("folders", () => {
  for (const [name, order] of [
    ["core", coreOrder],
    ["dataframe", dataframeOrder],
  ] as const) {
    test(`inside ${name} a folder imports only from the folders before it`, () => {
      const src = join(packages, name, "src")
      const folderOf = (file: string) => {
        const parts = relative(src, file).split("/")
        return parts.length > 1 ? (parts[0] ?? "") : ""
      }
      const wrong = (imports.get(name) ?? []).filter(i => {
        if (i.kind === "type" || !i.specifier.startsWith(".")) return false
        const from = folderOf(i.from)
        const to = folderOf(resolve(dirname(i.from), i.specifier))
        // Files beside the folders put the parts together; only they and `testing` import one another.
        if (from === "" || from === to) return false
        if (to === "") return from !== "testing"
        return order.indexOf(to) === -1 || order.indexOf(to) > order.indexOf(from)
      })
      expect(wrong.map(show)).toEqual([])
    })
  }
})

describe("files", () => {
  test("each file is reachable from an entry point", () => {
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file) || !existsSync(file)) return
      reached.add(file)
      for (const i of importsOf(file)) if (i.specifier.startsWith(".")) visit(resolve(dirname(file), i.specifier))
    }
    for (const name of names) {
      const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"))
      for (const entry of Object.values<Record<string, string>>(manifest.exports)) {
        if (entry["@assets/source"]) visit(join(packages, name, entry["@assets/source"]))
      }
    }
    visit(join(packages, "cli/src/main.ts"))
    for (const main of ["main.tsx", "main.ts"]) visit(join(packages, "ui/src/web", main))
    const unreached = [...files.values()].flat().filter(file => !reached.has(file) && !file.endsWith(".d.ts"))
    expect(unreached.map(file => relative(root, file))).toEqual([])
  })

  test("no file is named after nothing", () => {
    const nameless = /^(utils?|helpers?|types|common|misc|manager)\.tsx?$/
    const found = [...files.values()].flat().filter(file => nameless.test(file.split("/").at(-1) ?? ""))
    expect(found.map(file => relative(root, file))).toEqual([])
  })

  test("starting the CLI, and loading a project, imports no heavy module", () => {
    const sourceOf = (specifier: string): string | undefined => {
      const [, name, sub] = /^@assets\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
      if (!name) return undefined
      const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"))
      const entry = manifest.exports[sub ? `./${sub}` : "."]?.["@assets/source"]
      return entry && join(packages, name, entry)
    }
    const reached = new Set<string>()
    const found: string[] = []
    const visit = (file: string | undefined): void => {
      if (!file || reached.has(file) || !existsSync(file)) return
      reached.add(file)
      for (const i of importsOf(file)) {
        if (i.kind !== "static") continue
        if (heavy.some(pattern => pattern.test(i.specifier))) found.push(show(i))
        visit(i.specifier.startsWith(".") ? resolve(dirname(file), i.specifier) : sourceOf(i.specifier))
      }
    }
    visit(join(packages, "cli/src/main.ts"))
    for (const entry of [
      "@assets/core",
      "@assets/dataframe",
      "@assets/dataframe/functions",
      "@assets/dataframe/checks",
      "@assets/io-parquet",
      "@assets/io-duckdb",
      "@assets/io-spark",
      "@assets/ui",
    ]) {
      visit(sourceOf(entry))
    }
    expect(found).toEqual([])
  })
})

test("the sources were found: the tests above looked at something", () => {
  expect(names.length).toBeGreaterThanOrEqual(6)
  expect([...imports.values()].flat().length).toBeGreaterThan(100)
})
