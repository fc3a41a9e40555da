import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** An installed or linked package. */
export interface PackageFacts {
  /** `name@version`. */
  readonly id: string
  /** Its package.json. */
  readonly manifest: string
}

/** The package that a file belongs to: the nearest package.json with a name and a version. */
export function packageOf(file: string): PackageFacts | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json")
    if (existsSync(manifest)) {
      const { name, version } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string; version?: string }
      if (name) return { id: `${name}@${version ?? "0.0.0"}`, manifest }
    }
    if (folder === dirname(folder)) return undefined
  }
}

/** Whether a bare specifier names a package that is installed for modules in `folder`, and not an alias of a path. */
export function isInstalled(specifier: string, folder: string): boolean {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "node_modules", name))) return true
    if (at === dirname(at)) return false
  }
}
