import { join, keyword, type Sql, sql } from "../function/sql-fragment.ts"
import type { Expression, Frame, SortKey } from "../plan/expression.ts"

type WindowCall = Extract<Expression, { kind: "window" }>
type Print = (e: Expression) => Sql

/** What stands between the parentheses of OVER; both engines write it alike, but for sort keys. */
export function windowSql(e: WindowCall, print: Print, sortKey: (key: SortKey<Expression>) => Sql): Sql {
  const parts: Sql[] = []
  if (e.partitionBy.length > 0) parts.push(sql`PARTITION BY ${e.partitionBy.map(print)}`)
  if (e.orderBy.length > 0) parts.push(sql`ORDER BY ${e.orderBy.map(sortKey)}`)
  if (e.frame) parts.push(printFrame(e.frame, print))
  return join(parts, sql` `)
}

function printFrame(frame: Frame<Expression>, print: Print): Sql {
  const unit = frame.unit === "rows" ? sql`ROWS` : sql`RANGE`
  const start = printEdge(frame.start, "PRECEDING", print)
  return sql`${unit} BETWEEN ${start} AND ${printEdge(frame.end, "FOLLOWING", print)}`
}

function printEdge(edge: Expression | number | null, unboundedSide: string, print: Print): Sql {
  if (edge === null) return sql`UNBOUNDED ${keyword(unboundedSide)}`
  if (edge === 0) return sql`CURRENT ROW`
  if (typeof edge === "number") return edge < 0 ? sql`${-edge} PRECEDING` : sql`${edge} FOLLOWING`
  const [amount] = edge.kind === "call" && edge.name === "negative" ? edge.args : []
  return amount ? sql`${print(amount)} PRECEDING` : sql`${print(edge)} FOLLOWING`
}
