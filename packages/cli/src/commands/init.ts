import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"
import { ConfigError } from "@assets/core"
import type { GlobalOptions } from "../global-options.ts"
import { Output } from "../output.ts"
import { starterFiles } from "./starter-files.ts"

/** Writes a new project. Either all of its files are new, or nothing is written. */
export async function init(dir: string, options: GlobalOptions): Promise<void> {
  const folder = resolve(dir)
  const files = Object.entries(starterFiles(projectName(folder), ownVersion()))
  const present = files.map(([name]) => name).filter(name => existsSync(join(folder, name)))
  if (present.length > 0) throw wouldOverwrite(folder, present)
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text, { flag: "wx" })
    }
  } catch (error) {
    throw unwritable(folder, error)
  }
  const output = new Output(options)
  if (output.json) {
    for (const [name] of files) output.object({ file: join(folder, name) })
    return
  }
  for (const [name] of files) output.line(`  ${name}`)
  const place = relative(process.cwd(), folder)
  output.line(
    `Done. ${files.length} files in ${place || "this folder"}. Next: ${place && `cd ${place} && `}assets materialize`,
  )
}

/** A name that npm takes. */
function projectName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+|[._-]+$/g, "")
  return name || "assets-project"
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  return String(manifest.version)
}

function wouldOverwrite(folder: string, present: readonly string[]): ConfigError {
  return new ConfigError("ARGUMENT_INVALID", {
    what: `${folder} already holds ${present.join(", ")}.`,
    why: "init writes new files only, and overwrites none.",
    fix: "Name another folder: assets init my-project",
    details: { folder, present: [...present] },
  })
}

function unwritable(folder: string, cause: unknown): ConfigError {
  return new ConfigError("STORAGE_UNWRITABLE", {
    what: `The project could not be written to ${folder}.`,
    why: cause instanceof Error ? cause.message : String(cause),
    fix: "Name a folder that you may write to: assets init my-project",
    details: { folder },
    cause,
  })
}
