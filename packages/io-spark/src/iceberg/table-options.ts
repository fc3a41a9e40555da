import type { Refusal } from "@assets/core"

/** Where the tables of a catalog rest. */
export interface TableOptions {
  /** What the tables are. */
  readonly format: "iceberg"
  /** Folder of the catalog, its `warehouse`, relative to the config's folder or absolute; may hold `${NAME}`s. */
  readonly root: string
}

const names = ["format", "root"]

/** What is wrong with options, as a sentence; undefined when nothing is. */
export function faultOfOptions(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "They are no object."
  const { format, root, catalog } = options as Partial<TableOptions> & { readonly catalog?: unknown } // looked at
  if (catalog !== undefined)
    return "Catalogs that a cluster knows by name are not reached by this version: it keeps a catalog of files at root."
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) return `There is no option '${unknown}'; there are ${names.join(" and ")}.`
  if (format !== "iceberg") return `There is no format ${JSON.stringify(format)}; there is "iceberg".`
  return typeof root === "string" && root !== "" ? undefined : "root names no folder."
}

/** Why tables cannot be kept at a root; undefined when they can. */
export function refusalOfRoot(root: string): Refusal | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(root)) return undefined
  return {
    why: "This version keeps Iceberg tables on disks that are mounted on this machine.",
    fix: "Give root a folder, for one of a mounted network disk; or keep the assets with deltaIO.",
  }
}
