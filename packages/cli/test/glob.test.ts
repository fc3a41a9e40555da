import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { findFiles, globPattern } from "../src/project/glob.ts"

let folder: string
const files = [
  "assets.ts",
  "assets/a.ts",
  "assets/a.test.ts",
  "assets/types.d.ts",
  "assets/deep/er/b.mts",
  "assets/deep/c.sql",
  "assets/node_modules/p/index.ts",
  "assets/.hidden/x.ts",
  "other/d.ts",
]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "assets-glob-"))
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), "")
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("finding files", () => {
  test.each([
    [["./assets.ts"], ["assets.ts"]],
    [["assets/*.ts"], ["assets/a.ts"]],
    [["./assets/**/*.ts"], ["assets/a.ts"]],
    [["assets/**/*.{ts,mts}"], ["assets/a.ts", "assets/deep/er/b.mts"]],
    [["assets/**"], ["assets/a.ts", "assets/deep/c.sql", "assets/deep/er/b.mts"]],
    [["**/*.ts"], ["assets.ts", "assets/a.ts", "other/d.ts"]],
    [
      ["**/*.ts", "!other/**"],
      ["assets.ts", "assets/a.ts"],
    ],
    [["*/?.ts"], ["assets/a.ts", "other/d.ts"]],
    [["*/[!a].ts"], ["other/d.ts"]],
    [["nowhere/**/*.ts"], []],
    [["assets/a.ts/*.ts"], []],
  ])("%j finds %j", (globs, expected) => {
    expect(findFiles(folder, globs).map(file => relative(folder, file))).toEqual(expected)
  })

  test("names with characters of regular expressions are themselves", () => {
    expect(globPattern("a+(b).ts").test("a+(b).ts")).toBe(true)
    expect(globPattern("a.ts").test("abts")).toBe(false)
  })
})
