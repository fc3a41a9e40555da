import { existsSync, readdirSync, statSync } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import { dirname, isAbsolute, join, resolve } from "node:path"
import { FrameError } from "../errors/frame-error.ts"

/**
 * The files that paths and globs name, absolute, sorted for each path. `*` and `?` stay within a name, `**` goes over
 * folders; a folder gives all files below it. Names that start with `.` or `_` are left out. URLs are passed on, and a
 * table is its folder.
 * @throws FrameError `FRAME_ARGUMENT_INVALID` for a path that names no file, or files out of a table
 */
export async function findFiles(
  { kind, paths }: { readonly kind: string; readonly paths: readonly string[] },
  base: string,
): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of paths) {
    const isUrl = /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
    const files = isUrl ? [path] : kind === "delta" ? tableOf(resolve(base, path)) : await filesOf(resolve(base, path))
    if (files.length === 0) throw noFile(path, base)
    if ((kind === "parquet" || kind === "orc") && !isUrl) refuseTable(files)
    found.push(...files)
  }
  return found
}

function tableOf(path: string): readonly string[] {
  return existsSync(join(path, logFolder)) ? [path] : []
}

/** The folder in which a Delta table says which files are its rows. */
const logFolder = "_delta_log"

/** The same of a table of `tableIO`. */
const ownLogFolder = "_assets_log"

/** Files in the folder of a table also hold rows that were deleted or replaced. */
function refuseTable(files: readonly string[]): void {
  const looked = new Set<string>()
  for (const file of files) {
    const names = file.split(/[\\/]/)
    if (names.includes(logFolder) || names.includes(ownLogFolder)) continue
    for (let folder = dirname(file); !looked.has(folder); folder = dirname(folder)) {
      looked.add(folder)
      const fix = fixOfTable(folder)
      if (fix !== undefined) throw partOfTable(folder, fix)
    }
  }
}

/** How the table of a folder is read; undefined of a folder that is none. */
function fixOfTable(folder: string): string | undefined {
  if (existsSync(join(folder, logFolder))) return `Read the table: deltaTable('${folder}', { … }).`
  if (existsSync(join(folder, ownLogFolder)))
    return "Make the asset whose table it is a dependency; or read a file that `assets export` has made of it."
  const metadata = join(folder, "metadata")
  if (!existsSync(metadata) || !statSync(metadata).isDirectory()) return undefined
  if (!readdirSync(metadata).some(name => name.endsWith(".metadata.json"))) return undefined
  return "Write the table's rows to a folder of Parquet files, by Spark with Iceberg's jar, and name that one."
}

function partOfTable(path: string, fix: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `The files to read are out of the table at ${path}.`,
    why: "Its folder also holds rows that were deleted or replaced: which files are of the table, its log alone tells.",
    fix,
    details: { path },
  })
}

function noFile(path: string, base: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `There is no file '${path}'.`,
    why: isAbsolute(path) ? "No file is at that path, or matches it." : `Relative paths are looked for in ${base}.`,
    fix: "Correct the path, or start the program in the folder that the path is relative to.",
    details: { path },
  })
}

async function filesOf(path: string): Promise<readonly string[]> {
  const kind = await kindOf(path)
  if (kind === "file") return [path]
  if (kind === "folder") return below(path, /.*/)
  const parts = path.split("/")
  const first = parts.findIndex(part => /[*?]/.test(part))
  if (first === -1) return []
  return below(parts.slice(0, first).join("/") || "/", globPattern(parts.slice(first).join("/")))
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file"
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // what node:fs throws
    if (code === "ENOENT" || code === "ENOTDIR") return undefined
    throw error
  }
}

async function below(folder: string, pattern: RegExp): Promise<readonly string[]> {
  if ((await kindOf(folder)) !== "folder") return []
  const names = await readdir(folder, { recursive: true, encoding: "utf8" })
  const wanted = names.filter(name => pattern.test(name) && !/(^|\/)[._]/.test(name)).sort()
  const files: string[] = []
  for (const name of wanted) if ((await kindOf(join(folder, name))) === "file") files.push(join(folder, name))
  return files
}

function globPattern(glob: string): RegExp {
  const text = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, piece => {
    if (piece === "**/") return "(?:[^/]+/)*"
    if (piece === "**") return ".*"
    if (piece === "*") return "[^/]*"
    return piece === "?" ? "[^/]" : `\\${piece}`
  })
  return new RegExp(`^${text}$`)
}
