import { faultOfCatalog, type RestCatalogOptions } from "./iceberg/rest-catalog-options.ts"

type TableFormat = "iceberg" | "orc" | "parquet" | "delta"

/** Tables in folders. */
export interface FolderTableOptions {
  /**
   * What the tables are: those of an Iceberg catalog of files, folders of ORC or Parquet files with a log, or Delta's.
   * Default Parquet.
   */
  readonly format?: TableFormat
  /**
   * Folder of the tables, relative to the config's folder or absolute; but for Iceberg's also `s3://bucket/prefix`,
   * `gs://bucket/prefix` or `hdfs://namenode/folder`. May hold `${NAME}`s.
   */
  readonly root: string
  /**
   * A database of Spark's catalog, in which each table is known by its key: `raw/orders` is `raw__orders`. It is made where
   * there is none. Left out, the tables are in no catalog. Not for Iceberg, which has catalogs of its own.
   */
  readonly database?: string
}

/** Tables of a database of Spark's catalog. */
export interface DatabaseTableOptions extends Omit<FolderTableOptions, "root"> {
  readonly database: string
  /** As of `FolderTableOptions`. Default `spark-warehouse/<database>.db`, where Spark keeps tables of its own. */
  readonly root?: string
}

/** Tables that a catalog knows by name. */
export interface CatalogTableOptions {
  /** What the tables are. */
  readonly format: "iceberg"
  readonly catalog: RestCatalogOptions
}

/** What the tables are, and where they are: in a folder, or where a catalog says. */
export type TableOptions = FolderTableOptions | DatabaseTableOptions | CatalogTableOptions

const names = ["format", "root", "database", "catalog"]
const formats: readonly TableFormat[] = ["iceberg", "orc", "parquet", "delta"]
const defaultFormat = "parquet"

/** With their defaults, where nothing is wrong with them. */
export function soundOptions(
  options: FolderTableOptions | DatabaseTableOptions,
): FolderTableOptions & { readonly format: TableFormat } {
  const { format = defaultFormat, root = `spark-warehouse/${options.database}.db` } = options
  return { ...options, format, root }
}

/** What is wrong with options, as a sentence; undefined when nothing is. */
export function faultOfOptions(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "They are no object."
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) return `There is no option '${unknown}'; there are ${names.join(", ")}.`
  const {
    format = defaultFormat,
    root,
    database,
    catalog,
  } = options as Partial<FolderTableOptions & CatalogTableOptions> // looked at
  if (!formats.includes(format))
    return `There is no format ${JSON.stringify(format)}; there are ${formats.map(name => `"${name}"`).join(", ")}.`
  if (database !== undefined) {
    if (format === "iceberg") return "Iceberg has catalogs of its own: tables of a database are those of other formats."
    if (typeof database !== "string" || !/^[A-Za-z0-9_]+$/.test(database))
      return "database is no name of letters, digits and '_'."
  }
  if (catalog === undefined) {
    if (root === undefined && database !== undefined) return undefined
    const none = "Neither root names a folder, nor database a database of Spark's catalog, nor catalog a service."
    return typeof root === "string" && root !== "" ? undefined : none
  }
  if (format !== "iceberg")
    return `A catalog keeps tables of the format "iceberg", and none of ${JSON.stringify(format)}.`
  return root === undefined ? faultOfCatalog(catalog) : "Both root and catalog say where the tables are."
}
