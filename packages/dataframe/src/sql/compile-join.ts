import { join, type Sql, sql } from "../function/sql-fragment.ts"
import type { JoinKind, Relation } from "../plan/relation.ts"
import { commonType } from "../schema/common-type.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { castSql } from "./cast-sql.ts"
import { columnsOf } from "./compile-relation.ts"
import type { Compilation } from "./compile-sql.ts"
import { printExpression } from "./print-expression.ts"
import { isBare, isRowwise, nested, type Query, type QueryColumn } from "./query.ts"

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

/** Joins two relations in one FROM clause. A side that is more than a table becomes one. */
export function compileJoin(relation: Join, compilation: Compilation): Query {
  const left = leftSide(relation, compilation)
  const right = asTable(relation.right, compilation)
  const condition = conditionOf(relation, left, right)
  const how = relation.how === "inner" && !condition ? "cross" : relation.how
  const on = how === "cross" ? sql`` : sql` ON ${condition ?? sql`TRUE`}`
  const from = sql`${left.from} ${words[how]} ${right.from}${on}`
  return { from, columns: outputOf(relation, left, right), where: left.where, orderBy: [], windowed: false }
}

/** Joins from left to right stay in one FROM clause, unless the join may make rows that the left has not. */
function leftSide(relation: Join, compilation: Compilation): Query {
  const query = compilation.query(relation.left)
  const addsRows = relation.how === "right" || relation.how === "full"
  const fits = isRowwise(query) && query.orderBy.length === 0 && query.columns.every(c => c.plain)
  if (fits && (!addsRows || query.where.length === 0)) return query
  return nested(query, relation.left.schema.columns, compilation.alias())
}

function asTable(relation: Relation, compilation: Compilation): Query {
  const query = compilation.query(relation)
  const isTable = relation.kind === "files" || relation.kind === "table" || relation.kind === "values"
  if (isTable && isBare(query)) return query
  return nested(query, relation.schema.columns, compilation.alias())
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
