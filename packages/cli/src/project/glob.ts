import { readdirSync } from "node:fs"
import { join, relative, sep } from "node:path"

/** Folders that a glob never enters by itself. */
const skippedFolders = /^(node_modules|\..*)$/
/** What stands beside modules and is none of a project's: hidden files, such as an editor's locks, declarations, tests. */
const skippedFiles = /^\.|(\.d\.[cm]?ts|\.(test|spec|test-d)\.[^.]+)$/

/** Returns the regular expression of a glob: `*`, `**`, `?`, `[abc]`, `{a,b}`. */
export function globPattern(glob: string): RegExp {
  let source = ""
  let depth = 0
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i] ?? ""
    if (glob.startsWith("**/", i)) {
      source += "(?:[^/]+/)*"
      i += 2
    } else if (glob.startsWith("**", i)) {
      source += ".*"
      i += 1
    } else if (character === "*") source += "[^/]*"
    else if (character === "?") source += "[^/]"
    else if (character === "{") {
      depth++
      source += "(?:"
    } else if (character === "}" && depth > 0) {
      depth--
      source += ")"
    } else if (character === "," && depth > 0) source += "|"
    else if (character === "[" && glob.indexOf("]", i) > i + 1) {
      const end = glob.indexOf("]", i)
      source += `[${glob
        .slice(i + 1, end)
        .replace(/^!/, "^")
        .replaceAll("\\", "\\\\")}]`
      i = end
    } else source += character.replace(/[\\^$.|+()[\]{}]/g, "\\$&")
  }
  return new RegExp(`^${source}$`)
}

/**
 * Returns the files below `base` that one of the globs matches, sorted. A glob that starts with `!` takes files out.
 * `node_modules`, what is hidden, declaration files and tests are left out.
 */
export function findFiles(base: string, globs: readonly string[]): string[] {
  const normalized = globs.map(glob => glob.replaceAll("\\", "/").replace(/^(!?)(?:\.\/)+/, "$1"))
  const wanted = normalized.filter(glob => !glob.startsWith("!"))
  const unwanted = normalized.filter(glob => glob.startsWith("!")).map(glob => globPattern(glob.slice(1)))
  const found = new Set<string>()
  for (const glob of wanted) {
    const pattern = globPattern(glob)
    const fixed = glob.split("/").slice(0, -1)
    const firstWild = fixed.findIndex(part => /[*?[{]/.test(part))
    const folder = join(base, ...(firstWild === -1 ? fixed : fixed.slice(0, firstWild)))
    // Without `**` nothing lies deeper than the glob itself has parts.
    const depth = glob.includes("**") ? Number.POSITIVE_INFINITY : firstWild === -1 ? 0 : fixed.length - firstWild
    for (const file of filesBelow(folder, depth)) {
      const path = relative(base, file).split(sep).join("/")
      if (pattern.test(path) && !unwanted.some(other => other.test(path))) found.add(file)
    }
  }
  return [...found].sort()
}

function* filesBelow(folder: string, depth: number): Generator<string> {
  let entries: ReturnType<typeof listFolder>
  try {
    entries = listFolder(folder)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === "ENOENT" || code === "ENOTDIR") return
    throw error
  }
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (depth > 0 && !skippedFolders.test(entry.name)) yield* filesBelow(path, depth - 1)
    } else if (!skippedFiles.test(entry.name)) yield path
  }
}

function listFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
}
