import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))
const mistakes = join(here, "fixtures/mistakes.ts")
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")

interface Diagnostic {
  readonly file: string
  readonly line: number
  /** The first line of the message, and those that explain it. */
  readonly lines: readonly string[]
}

interface Expectation {
  readonly statement: string
  readonly from: number
  readonly to: number
  readonly pattern: RegExp
  /** How many lines the message may have. */
  readonly most: number
}

/** A mistake is the statement that begins below its `expect:` line. */
function expectations(): readonly Expectation[] {
  const lines = readFileSync(mistakes, "utf8").split("\n")
  return lines.flatMap((line, i) => {
    const [, most = 3, pattern] = /^\s*\/\/ expect(?: in (\d+) lines)?: (.*)$/.exec(line) ?? []
    if (!pattern) return []
    const next = lines.findIndex((other, j) => j > i && /^\s*\/\/ |^$|^(asset|const)\b/.test(other))
    return [
      {
        statement: (lines[i + 1] ?? "").trim(),
        from: i + 2,
        to: next,
        pattern: new RegExp(pattern),
        most: Number(most),
      },
    ]
  })
}

/** A chain of assets, each of seven steps, each below the one before. */
function chain(length: number): string {
  const columns = "id: t.int64, name: t.string, amount: t.float64, total: t.float64, orders: t.int64"
  const assets = Array.from({ length }, (_, i) => {
    const above = i === 0 ? "first" : `a${i - 1}`
    return `export const a${i} = asset("chain/a${i}", {
  deps: { above: ${above} },
  returns: frame({ ${columns} }),
  transform: ({ above }) =>
    above
      .filter(f => f.amount.gt(${i}))
      .withColumn("half", f => f.amount.divide(2))
      .groupBy("id", "name")
      .agg(f => ({ amount: sum(f.half), orders: count() }))
      .join(above.select("id", "total"), "id", "left")
      .rename({ total: "before" })
      .select("id", "name", "amount", "orders", f => ({ total: f.before.plus(f.amount) })),
})`
  })
  return `import { asset, source } from "@assets/core"
import { frame, parquetFiles, t } from "@assets/dataframe"
import { count, sum } from "@assets/dataframe/functions"
const first = source("chain/first", parquetFiles("a.parquet", { ${columns} }))
${assets.join("\n")}
`
}

let folder: string
let found: readonly Diagnostic[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-types-"))
  writeFileSync(join(folder, "chain.mts"), chain(100))
  const source = (name: string) => [join(root, "packages", name)]
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: {
        noEmit: true,
        composite: false,
        declaration: false,
        sourceMap: false,
        allowImportingTsExtensions: true,
        typeRoots: [join(root, "node_modules/@types")],
        paths: {
          "@assets/core": source("core/src/index.ts"),
          "@assets/dataframe": source("dataframe/src/index.ts"),
          "@assets/dataframe/functions": source("dataframe/src/functions.ts"),
          "@assets/dataframe/checks": source("dataframe/src/checks.ts"),
        },
      },
      files: [mistakes, join(here, "frame-value-type.ts"), join(folder, "chain.mts")],
    }),
  )
  const output = await new Promise<string>(done => {
    execFile(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { maxBuffer: 2 ** 26 }, (_, out) => done(out))
  })
  found = diagnostics(output)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function diagnostics(output: string): readonly Diagnostic[] {
  const all: { file: string; line: number; lines: string[] }[] = []
  for (const line of output.split("\n").filter(Boolean)) {
    const head = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(line)
    if (head) all.push({ file: head[1] ?? "", line: Number(head[2]), lines: [head[3] ?? ""] })
    else all.at(-1)?.lines.push(line)
  }
  return all
}

const inMistakes = () => found.filter(diagnostic => diagnostic.file.endsWith("mistakes.ts"))

describe("a mistake does not compile, and the message names it", () => {
  for (const { statement, from, to, pattern, most } of expectations()) {
    test(`${statement} (line ${from})`, () => {
      const told = inMistakes().filter(({ line }) => line >= from && line <= Math.max(from, to))
      expect(told.map(({ lines }) => lines.join(" ")).join("\n")).toMatch(pattern)
      expect(told.filter(({ lines }) => lines.length > most)).toEqual([])
    })
  }
})

test("nothing else in the fixtures is a mistake", () => {
  const expected = expectations()
  const surprising = inMistakes().filter(
    ({ line }) => !expected.some(({ from, to }) => line >= from && line <= Math.max(from, to)),
  )
  expect(surprising).toEqual([])
})

test("messages do not speak of any", () => {
  expect(inMistakes().filter(({ lines }) => /\bany\b/.test(lines.join(" ")))).toEqual([])
})

test("a frame is one of core's value types, readers and checks are core's", () => {
  expect(found.filter(({ file }) => file.endsWith("frame-value-type.ts"))).toEqual([])
})

test("a chain of 100 assets with declared columns compiles", () => {
  expect(found.filter(({ file }) => file.endsWith("chain.mts"))).toEqual([])
})
