import type { AggregateForm, PrintedAggregate } from "../function/function-entry.ts"
import { join, keyword, type Sql, sql } from "../function/sql-fragment.ts"
import type { Expression } from "../plan/expression.ts"

/**
 * An aggregate, or a window function before `over`, by an engine's form of it; both engines write FILTER and OVER alike.
 * `formOf` gives the form by the function's name.
 */
export function aggregateSql(
  e: Expression,
  formOf: (name: string) => AggregateForm,
  print: (e: Expression) => Sql,
  over?: Sql,
): Sql {
  if (e.kind !== "aggregate")
    throw new Error("OVER stands behind something else than an aggregate. Please report this.")
  const where = e.where && print(e.where)
  const call: PrintedAggregate = {
    args: e.args.map(arg => print(arg)),
    inputs: e.args,
    type: e.type,
    print,
    distinct: e.distinct,
    hasOver: over !== undefined,
    ...(where ? { where } : {}),
    aggregate: (name, of, options = {}) => {
      const conditions = [where, options.where].filter(c => c !== undefined)
      const filter = conditions.length > 0 ? sql` FILTER (WHERE ${join(conditions, sql` AND `)})` : sql``
      const distinct = (options.distinct ?? e.distinct) ? sql`DISTINCT ` : sql``
      const window = over ? sql` OVER (${over})` : sql``
      return sql`${keyword(name)}(${distinct}${of})${options.after ?? sql``}${filter}${window}`
    },
  }
  const form = formOf(e.name)
  return typeof form === "string" ? call.aggregate(form, call.args) : form(call)
}
