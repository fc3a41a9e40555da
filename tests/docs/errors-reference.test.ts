import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The members of a union of texts in a source file. */
function union(file: string, name: string): string[] {
  const text = readFileSync(join(root, file), "utf8")
  const body =
    new RegExp(`export type ${name} =([\\s\\S]*?)(?:\\n\\n|$)`).exec(text.replace(/^\s*\/\/.*\n/gm, ""))?.[1] ?? ""
  return [...body.matchAll(/"([A-Z_]+)"/g)].map(match => match[1] ?? "").sort()
}

function texts(folders: readonly string[], pattern: RegExp): string {
  return folders
    .flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(name => join(root, folder, name)),
    )
    .filter(name => pattern.test(name) && !/node_modules|[/]dist[/]|errors-reference/.test(name))
    .map(name => readFileSync(name, "utf8"))
    .join("\n")
}

const codes = [
  ...union("packages/core/src/errors/error-code.ts", "ErrorCode"),
  ...union("packages/dataframe/src/errors/frame-error.ts", "FrameErrorCode"),
].sort()
const page = readFileSync(join(root, "docs/reference/errors.md"), "utf8")
const rows = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(match => match[1] ?? "")

describe("docs/reference/errors.md", () => {
  test("has a row for each code, and for no other", () => {
    expect(codes.length).toBeGreaterThan(40)
    expect([...rows].sort()).toEqual(codes)
  })

  test("each row says what, why and fix", () => {
    const thin = page.split("\n").filter(
      line =>
        /^\| `[A-Z_]+` \|/.test(line) &&
        line
          .split("|")
          .slice(2, 5)
          .some(cell => cell.trim().length < 8),
    )
    expect(thin).toEqual([])
  })
})

test("each code is raised somewhere in the product", () => {
  const sources = texts(["packages"], /[/]src[/].*\.tsx?$/)
  const declared = texts(["packages/core/src/errors", "packages/dataframe/src/errors"], /(error-code|frame-error)\.ts$/)
  const count = (text: string, code: string) => text.split(`"${code}"`).length - 1
  expect(codes.filter(code => count(sources, code) <= count(declared, code))).toEqual([])
})

test("each code is provoked by a test", () => {
  const tests = texts(["tests", "packages"], /[/](test|tests)[/].*\.tsx?$/)
  expect(codes.filter(code => !tests.includes(code))).toEqual([])
})
