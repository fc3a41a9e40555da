import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { projects as scratch } from "../built-command.ts"
import { fences, output, pagesOnSpark, runPage, writeFiles } from "./run-page.ts"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
let folder: string

const pages = ["README.md", ...readdirSync(join(root, "docs/guide")).map(name => `docs/guide/${name}`)].filter(name =>
  name.endsWith(".md"),
)

beforeAll(() => {
  folder = mkdtempSync(join(scratch, "pages-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.concurrent.each(pages)("%s", page => {
  test("each piece of TypeScript has a file name, so that it is compiled and run", () => {
    expect(
      fences(page)
        .filter(block => block.language === "ts" && !block.name)
        .map(block => block.line),
    ).toEqual([])
  })

  test("the snippets run and print what the page shows", async () => {
    const project = join(folder, basename(page, ".md"))
    if (pagesOnSpark.includes(page)) writeFiles(page, project)
    else await runPage(page, project)
  })
})

// As one program: the libraries are checked once for all pages.
test("the TypeScript of every page compiles", async () => {
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { noEmit: true, composite: false, declaration: false, customConditions: [] },
    include: ["**/*.ts"],
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  expect(await output(process.execPath, [tsc, "-p", folder], root)).toBe("")
})
