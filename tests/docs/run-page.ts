import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import { cli } from "../built-command.ts"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Pages whose commands need Spark: tests/e2e runs them. */
export const pagesOnSpark: readonly string[] = ["docs/guide/laptop-to-cluster.md"]

export interface Fence {
  readonly language: string
  readonly name: string | undefined
  readonly text: string
  readonly line: number
}

/** The fenced blocks of a page, in order. */
export function fences(page: string): Fence[] {
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
export function output(command: string, args: readonly string[], cwd: string): Promise<string> {
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

/** The files that a block of a page names, in a folder. */
function writeFile(block: Fence, project: string): void {
  if (!block.name || block.language === "console") return
  mkdirSync(dirname(join(project, block.name)), { recursive: true })
  writeFileSync(join(project, block.name), `${block.text}\n`)
}

/** Writes the named files of a page into a folder. */
export function writeFiles(page: string, project: string): void {
  for (const block of fences(page)) writeFile(block, project)
}

/** Writes the named files of a page into a folder and runs its commands there, in order; each prints what the page shows. */
export async function runPage(page: string, project: string): Promise<void> {
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, "package.json"), `{ "name": "page", "type": "module", "private": true }\n`)
  for (const block of fences(page)) {
    writeFile(block, project)
    if (block.language !== "console") continue
    for (const part of block.text.split(/^\$ /m).slice(1)) {
      const [command = "", ...shown] = part.trimEnd().split("\n")
      const printed = await run(command, project)
      if (!matches(shown.join("\n"), printed)) {
        expect(printed, `${page}:${block.line}: $ ${command}`).toBe(shown.join("\n"))
      }
    }
  }
}
