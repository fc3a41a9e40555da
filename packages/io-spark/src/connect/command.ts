import { create } from "@bufbuild/protobuf"
import {
  type Command,
  CommandSchema,
  type Plan,
  PlanSchema,
  WriteOperation_TableSaveMethod as SaveMethod,
  WriteOperation_SaveMode as SaveMode,
} from "../generated/spark_connect_pb.ts"
import { type SparkRelation, type SqlArguments, sql } from "./relation.ts"

/** Something that a server does, in place of giving rows. */
export type SparkCommand = Command

/** Runs a statement for what it does. Of one that gives rows, the execution's `sqlResult` is the relation of them. */
export function sqlCommand(query: string, args: SqlArguments = []): SparkCommand {
  // A server of 3.5 reads the text, a later one the relation.
  return create(CommandSchema, { commandType: { case: "sqlCommand", value: { sql: query, input: sql(query, args) } } })
}

export interface ViewOptions {
  /** Seen by all sessions of the server, as `global_temp.name`. */
  readonly isGlobal?: boolean
  /** Default true. */
  readonly replace?: boolean
}

/** Gives a relation a name in the session. */
export function createView(
  input: SparkRelation,
  name: string,
  { isGlobal = false, replace = true }: ViewOptions = {},
): SparkCommand {
  const value = { input, name, isGlobal, replace }
  return create(CommandSchema, { commandType: { case: "createDataframeView", value } })
}

const saveModes = {
  append: SaveMode.APPEND,
  overwrite: SaveMode.OVERWRITE,
  error: SaveMode.ERROR_IF_EXISTS,
  ignore: SaveMode.IGNORE,
} as const

/** Where and how rows are stored. Without `path` and `table` the format takes them by itself, as `noop` does. */
export interface WriteTarget {
  /** `parquet`, `delta`, `noop`, …; the server's default when left out. */
  readonly format?: string
  readonly path?: string
  readonly table?: { readonly name: string; readonly method: "saveAsTable" | "insertInto" }
  /** What becomes of what is there. Under `ignore` observed metrics are zeros when it is: they tell nothing. */
  readonly mode: keyof typeof saveModes
  readonly partitionBy?: readonly string[]
  readonly clusterBy?: readonly string[]
  /** Only of tables with buckets; sort the input to have sorted files. */
  readonly sortBy?: readonly string[]
  readonly options?: { readonly [name: string]: string }
}

/** Stores the rows of a relation. */
export function write(input: SparkRelation, target: WriteTarget): SparkCommand {
  const { format, path, table, mode, partitionBy = [], clusterBy = [], sortBy = [], options = {} } = target
  const value = {
    input,
    ...(format !== undefined && { source: format }),
    ...(path !== undefined && { saveType: { case: "path" as const, value: path } }),
    ...(table && { saveType: { case: "table" as const, value: saveTable(table) } }),
    mode: saveModes[mode],
    partitioningColumns: [...partitionBy],
    clusteringColumns: [...clusterBy],
    sortColumnNames: [...sortBy],
    options: { ...options },
  }
  return create(CommandSchema, { commandType: { case: "writeOperation", value } })
}

/** What a request carries: rows or a command. */
export function planOf(plan: SparkRelation | SparkCommand): Plan {
  return create(PlanSchema, {
    opType:
      plan.$typeName === "spark.connect.Relation" ? { case: "root", value: plan } : { case: "command", value: plan },
  })
}

function saveTable({ name, method }: NonNullable<WriteTarget["table"]>) {
  const saveMethod = method === "saveAsTable" ? SaveMethod.SAVE_AS_TABLE : SaveMethod.INSERT_INTO
  return { tableName: name, saveMethod }
}
