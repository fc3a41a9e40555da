import type { Refusal } from "@assets/core"
import { faultOfCatalog, type RestCatalogOptions } from "./rest-catalog-options.ts"

/** Tables of a catalog of files. */
export interface FolderTableOptions {
  /** What the tables are. */
  readonly format: "iceberg"
  /** Folder of the catalog, its `warehouse`, relative to the config's folder or absolute; may hold `${NAME}`s. */
  readonly root: string
}

/** Tables that a catalog knows by name. */
export interface CatalogTableOptions {
  /** What the tables are. */
  readonly format: "iceberg"
  readonly catalog: RestCatalogOptions
}

/** Which catalog has the tables: a folder, or a service. */
export type TableOptions = FolderTableOptions | CatalogTableOptions

const names = ["format", "root", "catalog"]

/** What is wrong with options, as a sentence; undefined when nothing is. */
export function faultOfOptions(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "They are no object."
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) return `There is no option '${unknown}'; there are ${names.join(", ")}.`
  const { format, root, catalog } = options as Partial<FolderTableOptions & CatalogTableOptions> // looked at
  if (format !== "iceberg") return `There is no format ${JSON.stringify(format)}; there is "iceberg".`
  if (catalog !== undefined)
    return root === undefined ? faultOfCatalog(catalog) : "Both root and catalog say where the tables are."
  return typeof root === "string" && root !== "" ? undefined : "Neither root names a folder, nor catalog a service."
}

/** Why tables cannot be kept at a root; undefined when they can. */
export function refusalOfRoot(root: string): Refusal | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(root)) return undefined
  return {
    why: "A catalog of files holds two writers off one another only on a disk that is mounted on this machine.",
    fix: "Give root a folder, for one of a mounted network disk; or use a catalog, or deltaIO.",
  }
}
