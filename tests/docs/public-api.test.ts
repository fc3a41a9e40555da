import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const entries = [
  ["core", "index"],
  ["core", "testing/index"],
  ["dataframe", "index"],
  ["dataframe", "functions"],
  ["dataframe", "checks"],
  ["dataframe", "testing/index"],
  ["io-parquet", "index"],
  ["io-duckdb", "index"],
  ["io-spark", "index"],
  ["ui", "index"],
] as const

interface Exported {
  readonly name: string
  /** The name in the file that declares it. */
  readonly declared: string
  readonly file: string
}

/** The names that a declaration file exports, those it passes on followed to the file that declares them. */
function exportsOf(file: string): Exported[] {
  const text = readFileSync(file, "utf8")
  const found: Exported[] = []
  for (const [, names = "", from] of text.matchAll(/^export (?:type )?\{([^}]*)\}(?: from "([^"]+)")?/gm)) {
    for (const part of names.split(",").map(name => name.trim().replace(/^type /, ""))) {
      const [declared = "", name = declared] = part.split(" as ").map(word => word.trim())
      if (!declared) continue
      if (!from) found.push({ name, declared, file })
      else if (!from.startsWith(".")) found.push({ name, declared, file: from })
      else {
        const target = join(dirname(file), from.replace(/\.(js|ts)$/, ".d.ts"))
        const inner = exportsOf(target).find(one => one.name === declared)
        found.push({ name, declared: inner?.declared ?? declared, file: inner?.file ?? target })
      }
    }
  }
  for (const [, name = ""] of text.matchAll(
    /^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type|enum)\s+([\w$]+)/gm,
  )) {
    if (!found.some(one => one.name === name)) found.push({ name, declared: name, file })
  }
  return found
}

/** The text of a declaration, comments and line breaks left out: its signature. */
function signature({ declared, file }: Exported): string {
  if (!existsSync(file)) return `from ${file}`
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
  const start = new RegExp(
    `^(?:export )?(?:declare )?(?:abstract )?(?:function|const|class|interface|type|enum)\\s+${declared.replace("$", "\\$")}\\b`,
    "m",
  ).exec(text)
  if (!start) return "not found"
  let depth = 0
  let end = start.index
  for (; end < text.length; end++) {
    const character = text[end] ?? ""
    if ("{([".includes(character)) depth++
    if ("})]".includes(character)) depth--
    if (
      depth === 0 &&
      (character === ";" ||
        (character === "}" && /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|enum)/.test(start[0])))
    )
      break
  }
  return text
    .slice(start.index, end + 1)
    .replace(/^export (declare )?/, "")
    .replace(/\s+/g, " ")
    .trim()
}

for (const [name, entry] of entries) {
  test(`the public API of ${name}/${entry} is what was reviewed`, async () => {
    const file = join(root, "packages", name, "dist", `${entry}.d.ts`)
    const lines = exportsOf(file)
      .map(one => `${one.name}\n    ${signature(one)}`)
      .sort()
    expect(lines.filter(line => line.endsWith("not found"))).toEqual([])
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`api/${name}-${entry.replace("/index", "")}.txt`)
  })
}

/** The declaration files that a user's compiler reads for an entry point. */
function declarationsBelow(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, from = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)) {
    declarationsBelow(join(dirname(file), from.replace(/\.(js|ts)$/, ".d.ts")), seen)
  }
  return seen
}

test("no type that a user sees is any", () => {
  const files = new Set(
    entries.flatMap(([name, entry]) => [...declarationsBelow(join(root, "packages", name, "dist", `${entry}.d.ts`))]),
  )
  expect(files.size).toBeGreaterThan(100)
  const found = [...files].flatMap(file => {
    const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$|"(?:[^"\\\n]|\\.)*"/gm, "")
    return code
      .split("\n")
      .filter(line => /\bany\b/.test(line))
      .map(line => `${relative(join(root, "packages"), file)}: ${line.trim()}`)
  })
  // A check that was told no columns takes any name: with an index signature each column might be undefined, too.
  expect(found).toEqual([
    "dataframe/dist/custom-check.d.ts: type FrameOf<S> = AnyColumns extends S ? any : CheckedFrame<S>;",
    "dataframe/dist/custom-check.d.ts: type RowOf<S> = AnyColumns extends S ? any : ColumnsOf<S>;",
  ])
})
