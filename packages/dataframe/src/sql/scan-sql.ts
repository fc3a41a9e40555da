import { castTo, duckdbType } from "../function/duckdb-type.ts"
import { identifier, join, type Sql, sql, textLiteral } from "../function/sql-fragment.ts"
import type { Relation } from "../plan/relation.ts"
import { literalSql } from "./literal-sql.ts"
import { fromTable, type Query } from "./query.ts"

type Files = Extract<Relation, { kind: "files" }>
type Values = Extract<Relation, { kind: "values" }>

/** Whether a relation does more than to read, rename and leave out columns: then it is worth keeping what it gives. */
export function isComputed(relation: Relation): boolean {
  switch (relation.kind) {
    case "input":
    case "files":
    case "table":
    case "values":
      return false
    case "project":
      return relation.columns.some(c => c.expression.kind !== "column") || isComputed(relation.input)
    default:
      return true
  }
}

/** Reads explicit files as the declared columns. A cast to the type that is stored costs nothing. */
export function scanFiles(relation: Files, alias: string): Query {
  const columns = relation.schema.columns
  const query = fromTable(readCall(relation), columns, alias)
  if (relation.format === "csv") return query
  // Parquet keeps types of its own: nanoseconds, unsigned numbers. The binder drops the casts that change nothing.
  return {
    ...query,
    columns: query.columns.map((c, i) => ({ ...c, sql: castTo(c.sql, columns[i]?.type ?? { kind: "void" }) })),
  }
}

function readCall(relation: Files): Sql {
  const paths = sql`[${relation.paths.map(textLiteral)}]`
  const partitioned = sql`hive_partitioning = ${relation.hivePartitioned ? sql`TRUE, hive_types_autocast = FALSE` : sql`FALSE`}`
  switch (relation.format) {
    case "parquet":
      return sql`read_parquet(${paths}, ${partitioned})`
    case "csv":
      return sql`read_csv(${paths}, ${[...csvOptions(relation), partitioned]})`
    case "json":
      return sql`read_json(${paths}, format = 'newline_delimited', columns = ${declared(relation)}, ${partitioned})`
  }
}

/** Nothing is guessed: the columns are the declared ones, in their order, and a line that does not fit raises. */
function csvOptions(relation: Files): Sql[] {
  const options = relation.csv ?? {}
  return [
    sql`auto_detect = FALSE`,
    sql`columns = ${declared(relation)}`,
    sql`header = ${options.header ? sql`TRUE` : sql`FALSE`}`,
    sql`delim = ${textLiteral(options.delimiter ?? ",")}`,
    sql`quote = ${textLiteral(options.quote ?? '"')}`,
    sql`escape = ${textLiteral(options.escape ?? '"')}`,
    sql`nullstr = ${textLiteral(options.nullValue ?? "")}`,
    // Quoted, the text of a null is a text.
    sql`allow_quoted_nulls = FALSE`,
    sql`strict_mode = TRUE`,
  ]
}

function declared(relation: Files): Sql {
  return sql`{${relation.schema.columns.map(c => sql`${textLiteral(c.name)}: ${textLiteral(duckdbType(c.type).text)}`)}}`
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
