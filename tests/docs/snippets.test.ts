import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { cli, projects as scratch } from "../built-command.ts"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
let folder: string

const pages = ["README.md", ...readdirSync(join(root, "docs/guide")).map(name => `docs/guide/${name}`)].filter(name =>
  name.endsWith(".md"),
)

interface Fence {
  readonly language: string
  readonly name: string | undefined
  readonly text: string
  readonly line: number
}

/** The fenced blocks of a page, in order. */
function fences(page: string): Fence[] {
  const found: Fence[] = []
  let open: { language: string; name: string | undefined; line: number; lines: string[] } | undefined
  for (const [i, line] of readFileSync(join(root, page), "utf8").split("\n").entries()) {
    const fence = /^```(\w*)(?:\s+(\S+))?/.exec(line)
    if (open && line.startsWith("```")) {
      found.push({ ...open, text: open.lines.join("\n") })
      open = undefined
    } else if (!open && fence) open = { language: fence[1] ?? "", name: fence[2], line: i + 1, lines: [] }
    else open?.lines.push(line)
  }
  return found
}

/** Whether output is what the page shows: `…` stands for any text, and alone on a line for any lines. */
function matches(shown: string, output: string): boolean {
  const pattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*")
  const lines = shown.split("\n").map(line => (line.trim() === "…" ? "(?:.*\n)*?" : `${pattern(line.trimEnd())}[ ]*\n`))
  return new RegExp(`^${lines.join("")}$`).test(output.trimEnd().replace(/[ ]+$/gm, "").concat("\n"))
}

/** What a command prints, as it comes. */
function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: "1", ASSETS_ENV: undefined }
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let printed = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed += text
      })
    }
    child.on("error", reject).on("close", () => resolve(printed))
  })
}

function run(command: string, cwd: string): Promise<string> {
  const script = command.replace(
    /^(\w+=\S+ )*assets\b/,
    (_, variables = "") => `${variables}"${process.execPath}" "${cli}"`,
  )
  return output("bash", ["-c", script], cwd)
}

beforeAll(() => {
  folder = mkdtempSync(join(scratch, "pages-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.concurrent.each(pages)("%s", page => {
  const blocks = fences(page)

  test("each piece of TypeScript has a file name, so that it is compiled and run", () => {
    expect(blocks.filter(block => block.language === "ts" && !block.name).map(block => block.line)).toEqual([])
  })

  test("the snippets run and print what the page shows", async () => {
    const project = join(folder, basename(page, ".md"))
    mkdirSync(project)
    writeFileSync(join(project, "package.json"), `{ "name": "page", "type": "module", "private": true }\n`)
    for (const block of blocks) {
      if (block.name && block.language !== "console") {
        mkdirSync(dirname(join(project, block.name)), { recursive: true })
        writeFileSync(join(project, block.name), `${block.text}\n`)
      }
      if (block.language !== "console") continue
      for (const part of block.text.split(/^\$ /m).slice(1)) {
        const [command = "", ...shown] = part.trimEnd().split("\n")
        const printed = await run(command, project)
        if (!matches(shown.join("\n"), printed)) {
          expect(printed, `${page}:${block.line}: $ ${command}`).toBe(shown.join("\n"))
        }
      }
    }
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
