import { faultOfCatalog, type RestCatalogOptions } from "./iceberg/rest-catalog-options.ts"

/** Tables in folders. */
export interface FolderTableOptions {
  /** What the tables are: those of an Iceberg catalog of files, or folders of ORC files with a log. */
  readonly format: "iceberg" | "orc"
  /**
   * Folder of the tables, relative to the config's folder or absolute; of ORC files also `s3://bucket/prefix` or
   * `hdfs://namenode/folder`. May hold `${NAME}`s.
   */
  readonly root: string
}

/** Tables that a catalog knows by name. */
export interface CatalogTableOptions {
  /** What the tables are. */
  readonly format: "iceberg"
  readonly catalog: RestCatalogOptions
}

/** What the tables are, and where they are: in a folder, or where a catalog says. */
export type TableOptions = FolderTableOptions | CatalogTableOptions

const names = ["format", "root", "catalog"]
const formats = ["iceberg", "orc"]

/** What is wrong with options, as a sentence; undefined when nothing is. */
export function faultOfOptions(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "They are no object."
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) return `There is no option '${unknown}'; there are ${names.join(", ")}.`
  const { format, root, catalog } = options as Partial<FolderTableOptions & CatalogTableOptions> // looked at
  if (format === undefined || !formats.includes(format))
    return `There is no format ${JSON.stringify(format)}; there are ${formats.map(name => `"${name}"`).join(", ")}.`
  if (catalog === undefined) {
    return typeof root === "string" && root !== "" ? undefined : "Neither root names a folder, nor catalog a service."
  }
  if (format !== "iceberg")
    return `A catalog keeps tables of the format "iceberg", and none of ${JSON.stringify(format)}.`
  return root === undefined ? faultOfCatalog(catalog) : "Both root and catalog say where the tables are."
}
