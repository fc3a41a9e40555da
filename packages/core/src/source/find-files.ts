import { readdir, stat } from "node:fs/promises"
import { join, parse, relative, sep } from "node:path"
import { isMissingFile } from "../io/storage-failure.ts"

/** Whether a path is a pattern: `raw/*.csv`, `raw/2024-??/**`, `raw/{a,b}.csv`. */
export function isGlob(path: string): boolean {
  return /[*?[\]{}]/.test(path)
}

/**
 * Returns the files that a path or a glob names, absolute and sorted. A folder gives the files in it, at any depth.
 * `*` and `?` stay within a name, `**` goes over folders; names that start with `.` or `_` are left out, as every
 * reader of data folders does, unless the pattern itself names them.
 */
export async function findFiles(absolute: string): Promise<string[]> {
  const kind = await kindOf(absolute) // a file may be named like a pattern
  if (kind === "file") return [absolute]
  if (kind === "folder") return filesBelow(absolute, isVisible)
  if (!isGlob(absolute)) return []
  const { root } = parse(absolute)
  const parts = absolute.slice(root.length).split(/[\\/]+/)
  const fixed = parts.findIndex(isGlob)
  const base = join(root, ...parts.slice(0, fixed))
  const pattern = compileGlob(parts.slice(fixed))
  const named = parts.slice(fixed).some(part => /^[._]/.test(part))
  const files = await filesBelow(base, named ? () => true : isVisible)
  return files.filter(file => pattern.test(relative(base, file).split(sep).join("/")))
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(error => {
    if (isMissingFile(error)) return undefined
    throw error
  })
  return found && (found.isDirectory() ? "folder" : "file")
}

async function filesBelow(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    if (isMissingFile(error)) return []
    throw error
  })
  const found: string[] = []
  for (const entry of entries) {
    if (!wanted(entry.name)) continue
    const path = join(folder, entry.name)
    const kind = entry.isSymbolicLink() ? await kindOf(path) : entry.isDirectory() ? "folder" : "file"
    if (kind === "folder") found.push(...(await filesBelow(path, wanted)))
    else if (kind === "file") found.push(path)
  }
  return found.sort()
}

export function isVisible(name: string): boolean {
  return !name.startsWith(".") && !name.startsWith("_")
}

/** Makes a regular expression of the parts of a glob, for a relative path with slashes. */
export function compileGlob(parts: readonly string[]): RegExp {
  const last = parts.length - 1
  const text = parts.map((part, i) => {
    if (part === "**") return i === last ? ".*" : "(?:[^/]+/)*"
    return `${part.replace(/[.+^$()|\\]|\*+|\?|\{[^{}]*\}|\[!/g, compilePiece)}${i === last ? "" : "/"}`
  })
  return new RegExp(`^${text.join("")}$`)
}

function compilePiece(piece: string): string {
  if (piece.startsWith("*")) return "[^/]*"
  if (piece === "?") return "[^/]"
  if (piece === "[!") return "[^"
  if (!piece.startsWith("{")) return `\\${piece}`
  const choices = piece.slice(1, -1).split(",")
  return `(?:${choices.map(choice => choice.replace(/[.+^$()|\\]|\*+|\?/g, compilePiece)).join("|")})`
}
