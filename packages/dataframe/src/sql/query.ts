import { identifier, join, type Sql, sql } from "../function/sql-fragment.ts"
import type { Column } from "../schema/data-type.ts"

/** A column of a query: its name, and how it is written in terms of the FROM clause. */
export interface QueryColumn {
  readonly name: string
  readonly sql: Sql
  /** A column of the FROM clause as it is: may be written anywhere and any number of times. */
  readonly plain: boolean
}

/**
 * One SELECT in the making. What comes next in the plan is added to it where that means the same, and else reads from
 * it as from a table.
 */
export interface Query {
  readonly from: Sql
  /** The FROM clause joins tables. */
  readonly joined?: boolean
  readonly columns: readonly QueryColumn[]
  readonly where: readonly Sql[]
  /** Present in an aggregation; empty for one group. */
  readonly groupBy?: readonly Sql[]
  /** `DISTINCT`, or `DISTINCT ON` these. */
  readonly distinct?: "all" | readonly Sql[]
  readonly orderBy: readonly Sql[]
  readonly limit?: number
  /** Rows that are passed over before those of the limit. */
  readonly offset?: number
  /** A column holds a window function: rows may not be taken away below it. */
  readonly windowed: boolean
}

/** A query that gives a table as it is. */
export function fromTable(table: Sql, columns: readonly Column[], alias: string): Query {
  const from = sql`${table} AS ${identifier(alias)}`
  return { from, columns: plainColumns(columns, alias), where: [], orderBy: [], windowed: false }
}

export function plainColumns(columns: readonly Column[], alias: string): QueryColumn[] {
  return columns.map(({ name }) => ({ name, sql: sql`${identifier(alias)}.${identifier(name)}`, plain: true }))
}

/** The same rows and columns as a table of another query. */
export function nested(query: Query, columns: readonly Column[], alias: string): Query {
  return fromTable(sql`(${selectSql(query)})`, columns, alias)
}

/** Whether only some of the rows are given, by their number. */
export function isCut(query: Query): boolean {
  return query.limit !== undefined || query.offset !== undefined
}

/** Whether the query is no more than FROM, WHERE and expressions of a row. */
export function isRowwise(query: Query): boolean {
  return !query.groupBy && !query.distinct && !isCut(query) && !query.windowed
}

/** Whether it gives the rows of its FROM clause as they are. */
export function isBare(query: Query): boolean {
  return isRowwise(query) && query.where.length === 0 && query.orderBy.length === 0 && query.columns.every(c => c.plain)
}

export function selectSql(query: Query): Sql {
  const distinct =
    query.distinct === undefined
      ? sql``
      : query.distinct === "all"
        ? sql`DISTINCT `
        : sql`DISTINCT ON (${query.distinct}) `
  const columns = query.columns.map(c => sql`${c.sql} AS ${identifier(c.name)}`)
  const where = query.where.length > 0 ? sql` WHERE ${join(query.where, sql` AND `)}` : sql``
  const groupBy = query.groupBy && query.groupBy.length > 0 ? sql` GROUP BY ${query.groupBy}` : sql``
  const orderBy = query.orderBy.length > 0 ? sql` ORDER BY ${query.orderBy}` : sql``
  const limit = query.limit === undefined ? sql`` : sql` LIMIT ${query.limit}`
  const offset = query.offset === undefined ? sql`` : sql` OFFSET ${query.offset}`
  return sql`SELECT ${distinct}${columns} FROM ${query.from}${where}${groupBy}${orderBy}${limit}${offset}`
}
