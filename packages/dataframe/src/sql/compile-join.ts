import { join, type Sql, sql } from "../function/sql-fragment.ts"
import type { JoinKind, Relation } from "../plan/relation.ts"
import { commonType } from "../schema/common-type.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { castSql } from "./cast-sql.ts"
import { columnsOf } from "./compile-relation.ts"
import type { Compilation } from "./compile-sql.ts"
import { printExpression } from "./print-expression.ts"
import { isRowwise, nested, type Query, type QueryColumn } from "./query.ts"

type Join = Extract<Relation, { kind: "join" }>

const words: { readonly [how in JoinKind]: Sql } = {
  inner: sql`JOIN`,
  left: sql`LEFT JOIN`,
  right: sql`RIGHT JOIN`,
  full: sql`FULL JOIN`,
  semi: sql`SEMI JOIN`,
  anti: sql`ANTI JOIN`,
  cross: sql`CROSS JOIN`,
}

/**
 * Joins two relations in one FROM clause, so that the engine sees all joins at once and puts them in order. A side that
 * is more than tables and conditions becomes a table.
 */
export function compileJoin(relation: Join, compilation: Compilation): Query {
  const left = leftSide(relation, compilation)
  const right = rightSide(relation, compilation)
  const condition = conditionOf(relation, left, right)
  const isInner = relation.how === "inner" || relation.how === "cross"
  const conditions = [...(condition ? [condition] : []), ...(isInner ? [] : right.where)]
  const how = relation.how === "inner" && !condition ? "cross" : relation.how
  const on = how === "cross" ? sql`` : sql` ON ${conditions.length > 0 ? join(conditions, sql` AND `) : sql`TRUE`}`
  const table = right.joined ? sql`(${right.from})` : right.from
  return {
    from: sql`${left.from} ${words[how]} ${table}${on}`,
    joined: true,
    columns: outputOf(relation, left, right),
    where: isInner ? [...left.where, ...right.where] : left.where,
    orderBy: [],
    windowed: false,
  }
}

/** Whether a query is tables and conditions, and gives columns of the tables. */
function isFlat(query: Query): boolean {
  return isRowwise(query) && query.orderBy.length === 0 && query.columns.every(c => c.plain)
}

/**
 * Joins from left to right stay in one FROM clause, unless the join may make rows that the left has not. A semi or anti
 * join of joined rows comes after them: DuckDB takes it for more selective than it is, and would put it first.
 */
function leftSide(relation: Join, compilation: Compilation): Query {
  const query = compilation.query(relation.left)
  const addsRows = relation.how === "right" || relation.how === "full"
  const onlyFilters = relation.how === "semi" || relation.how === "anti"
  const fits = addsRows ? query.where.length === 0 : !(onlyFilters && query.joined)
  if (isFlat(query) && fits) return query
  return nested(query, relation.left.schema.columns, compilation.alias())
}

/** The conditions of the right become those of the join, where that means the same. */
function rightSide(relation: Join, compilation: Compilation): Query {
  const query = compilation.query(relation.right)
  const takesConditions = relation.how === "inner" || relation.how === "cross" || relation.how === "left"
  if (isFlat(query) && (takesConditions || (query.where.length === 0 && !query.joined))) return query
  return nested(query, relation.right.schema.columns, compilation.alias())
}

function find(name: string, columns: readonly Column[]): Column {
  const found = columns.find(c => c.name.toLowerCase() === name.toLowerCase())
  if (!found) throw new Error(`The key '${name}' is not among the columns of the join. Please report this.`)
  return found
}

interface Key {
  readonly name: string
  readonly left: Sql
  readonly right: Sql
  readonly type: DataType
}

/** The keys of USING, both sides cast to what they have in common. */
function keysOf(relation: Join, left: Query, right: Query): Key[] {
  const leftSql = columnsOf(left)
  const rightSql = columnsOf(right)
  return (relation.using ?? []).map(name => {
    const a = find(name, relation.left.schema.columns)
    const b = find(name, relation.right.schema.columns)
    const type = commonType(a.type, b.type)
    if (!type) throw new Error(`The keys '${name}' of a join have no type in common. Please report this.`)
    const side = (column: Column, columnSql: typeof leftSql) =>
      castSql(columnSql({ kind: "column", name: column.name, type: column.type }), column.type, type, "ansi")
    return { name: a.name, left: side(a, leftSql), right: side(b, rightSql), type }
  })
}

function conditionOf(relation: Join, left: Query, right: Query): Sql | undefined {
  const keys = keysOf(relation, left, right).map(k => sql`${k.left} = ${k.right}`)
  const leftSql = columnsOf(left)
  const rightSql = columnsOf(right)
  const written =
    relation.condition &&
    printExpression(relation.condition, column => (column.side === "right" ? rightSql(column) : leftSql(column)))
  const all = written ? [...keys, written] : keys
  return all.length === 0 ? undefined : join(all, sql` AND `)
}

/** The columns by position: keys of USING first and once, then the rest of the left, then of the right. */
function outputOf(relation: Join, left: Query, right: Query): QueryColumn[] {
  const isOneSided = relation.how === "semi" || relation.how === "anti"
  const keys = keysOf(relation, left, right)
  const isKey = (name: string) => keys.some(k => k.name.toLowerCase() === name.toLowerCase())
  const rest = [...left.columns, ...(isOneSided ? [] : right.columns)].filter(c => !isKey(c.name))
  const first = keys.map(key => keyColumn(key, relation.how, left, right))
  return [...first, ...rest].map((column, i) => ({ ...column, name: relation.schema.columns[i]?.name ?? column.name }))
}

function keyColumn(key: Key, how: JoinKind, left: Query, right: Query): QueryColumn {
  if (how === "full") return { name: key.name, sql: sql`coalesce(${key.left}, ${key.right})`, plain: false }
  const value = how === "right" ? key.right : key.left
  const plain = [...left.columns, ...right.columns].some(c => c.plain && c.sql.text === value.text)
  return { name: key.name, sql: value, plain }
}
