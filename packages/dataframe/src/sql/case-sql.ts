import { join, type Sql, sql } from "../function/sql-fragment.ts"
import type { Expression } from "../plan/expression.ts"

/** CASE; both engines write it alike. */
export function caseSql(e: Extract<Expression, { kind: "case" }>, print: (e: Expression) => Sql): Sql {
  const branches = e.branches.map(([condition, value]) => sql`WHEN ${print(condition)} THEN ${print(value)}`)
  const otherwise = e.otherwise ? sql` ELSE ${print(e.otherwise)}` : sql``
  return sql`CASE ${join(branches, sql` `)}${otherwise} END`
}
