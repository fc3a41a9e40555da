import { FrameError } from "../errors/frame-error.ts"
import { castTo, duckdbType } from "../function/duckdb-type.ts"
import { identifier, join, type Sql, sql, textLiteral } from "../function/sql-fragment.ts"
import type { CsvOptions, Relation } from "../plan/relation.ts"
import type { Column } from "../schema/data-type.ts"
import type { Compilation, CsvHeaders } from "./compile-sql.ts"
import { literalSql } from "./literal-sql.ts"
import { fromTable, type Query } from "./query.ts"
import { storedColumn } from "./stored-column.ts"

type Files = Extract<Relation, { kind: "files" }>
type Values = Extract<Relation, { kind: "values" }>

/** Reads explicit files as the declared columns. A cast to the type that is stored costs nothing. */
export function scanFiles(relation: Files, compilation: Compilation): Query {
  const columns = relation.schema.columns
  if (relation.format === "csv")
    return fromTable(csvTable(relation, compilation.facts.csvHeaders ?? new Map()), columns, compilation.alias())
  const query = fromTable(readCall(relation), columns, compilation.alias())
  const types = compilation.facts.storedTypes?.get(relation)
  const inFolders = relation.hivePartitioned ?? false
  const cast = (stored: Sql, column: Column) =>
    relation.foreign
      ? storedColumn(stored, column, { inFolders, type: types?.get(column.name) })
      : castTo(stored, column.type)
  // Parquet keeps types of its own: nanoseconds, unsigned numbers. The binder drops the casts that change nothing.
  return {
    ...query,
    columns: query.columns.map((c, i) => ({
      ...c,
      sql: cast(c.sql, columns[i] ?? { name: c.name, type: { kind: "void" } }),
    })),
  }
}

function readCall(relation: Files): Sql {
  if (relation.format === "orc") throw noOrc(relation)
  if (relation.format === "delta") return tableCall(relation)
  const paths = pathList(relation.paths)
  const partitioned = sql`hive_partitioning = ${relation.hivePartitioned ? sql`TRUE, hive_types_autocast = FALSE` : sql`FALSE`}`
  if (relation.format === "parquet") return sql`read_parquet(${paths}, ${partitioned})`
  // objects one after the other, or an array of them
  return sql`read_json(${paths}, format = 'auto', records = TRUE, columns = ${declared(relation.schema.columns)}, ${partitioned})`
}

function noOrc({ paths: [path = ""] }: Files): FrameError {
  return new FrameError("FRAME_UNSUPPORTED", {
    what: `DuckDB does not read ORC: ${path}.`,
    why: "It has no reader of that format; Spark has one.",
    fix: "Compute what reads it on Spark: engine: spark(). Or keep its rows as an asset there, by parquetIO, and read that one on DuckDB.",
    details: { path },
  })
}

/** The extension takes the log apart, and reads what is of a version. */
function tableCall({ paths: [path = ""], version }: Files): Sql {
  const pinned = version === undefined ? sql`` : sql`, version = ${version}`
  return sql`delta_scan(${textLiteral(path)}${pinned})`
}

function pathList(paths: readonly string[]): Sql {
  return sql`[${paths.map(textLiteral)}]`
}

/** Files whose headers differ are read apart. */
function csvTable(relation: Files, headers: CsvHeaders): Sql {
  const { csv = {}, paths, schema } = relation
  if (!csv.header) return csvScan(relation, paths, schema.columns)
  const groups = new Map<string, { readonly columns: readonly Column[]; readonly paths: string[] }>()
  for (const path of paths) {
    const header = headers.get(path)
    if (!header) return sniffedScan(relation)
    const group = groups.get(JSON.stringify(header)) ?? { columns: storedColumns(header, schema.columns), paths: [] }
    group.paths.push(path)
    groups.set(JSON.stringify(header), group)
  }
  const scans = [...groups.values()].map(group => csvScan(relation, group.paths, group.columns))
  if (scans.length === 1 && scans[0]) return scans[0]
  const names = schema.columns.map(column => identifier(column.name))
  return sql`(${join(
    scans.map(scan => sql`SELECT ${names} FROM ${scan}`),
    sql` UNION ALL `,
  )})`
}

/** The columns of a file: those that are declared, and between them texts that nobody reads. */
function storedColumns(header: readonly string[], columns: readonly Column[]): readonly Column[] {
  return header.map((name, i) => {
    const declared = columns.find(column => column.name.toLowerCase() === name.toLowerCase())
    return declared ?? { name: freeName(`unread_${i}`, columns), type: { kind: "string" } }
  })
}

function freeName(wanted: string, columns: readonly Column[]): string {
  return columns.some(column => column.name.toLowerCase() === wanted) ? freeName(`_${wanted}`, columns) : wanted
}

/** Nothing is guessed: a file has these columns in this order, and a line that does not fit raises. */
function csvScan(relation: Files, paths: readonly string[], columns: readonly Column[]): Sql {
  const typed = sql`auto_detect = FALSE, columns = ${declared(columns)}`
  return sql`read_csv(${pathList(paths)}, ${typed}, ${csvOptions(relation.csv ?? {})})`
}

/** The columns of the header are found by name; no type is guessed. */
function sniffedScan(relation: Files): Sql {
  const typed = sql`auto_detect = TRUE, auto_type_candidates = ['VARCHAR'], files_to_sniff = -1, types = ${declared(relation.schema.columns)}`
  return sql`read_csv(${pathList(relation.paths)}, ${typed}, ${csvOptions(relation.csv ?? {})})`
}

function csvOptions(options: CsvOptions): Sql[] {
  return [
    sql`header = ${options.header ? sql`TRUE` : sql`FALSE`}`,
    sql`delim = ${textLiteral(options.delimiter ?? ",")}`,
    sql`quote = ${textLiteral(options.quote ?? '"')}`,
    sql`escape = ${textLiteral(options.escape ?? '"')}`,
    sql`nullstr = ${textLiteral(options.nullValue ?? "")}`,
    // Quoted, the text of a null is a text.
    sql`allow_quoted_nulls = FALSE`,
    sql`strict_mode = TRUE`,
    sql`hive_partitioning = FALSE`,
  ]
}

function declared(columns: readonly Column[]): Sql {
  return sql`{${columns.map(c => sql`${textLiteral(c.name)}: ${textLiteral(duckdbType(c.type).text)}`)}}`
}

/** Rows in the plan. */
export function valuesQuery(relation: Values, alias: string): Query {
  const columns = relation.schema.columns
  if (relation.rows.length === 0) {
    const nulls = columns.map(c => sql`${castTo(sql`NULL`, c.type)} AS ${identifier(c.name)}`)
    return fromTable(sql`(SELECT ${nulls} WHERE FALSE)`, columns, alias)
  }
  const rows = relation.rows.map(row => sql`(${columns.map((c, i) => literalSql(row[i] ?? null, c.type))})`)
  const names = columns.map(c => identifier(c.name))
  const table = fromTable(sql`(VALUES ${join(rows, sql`, `)})`, columns, alias)
  return { ...table, from: sql`(VALUES ${join(rows, sql`, `)}) AS ${identifier(alias)}(${names})` }
}
