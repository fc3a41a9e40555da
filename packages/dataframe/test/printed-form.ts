import { identifier } from "../src/function/sql-fragment.ts"
import { parseExpression } from "../src/plan/parse-expression.ts"
import { resolveExpression } from "../src/plan/resolve-expression.ts"
import { parseDataType } from "../src/schema/parse-data-type.ts"
import { printExpression } from "../src/sql/print-expression.ts"

/** DuckDB's form of an expression over columns of these types. */
export function printedForm(expression: string, columns: { readonly [name: string]: string }): string {
  const schema = Object.entries(columns).map(([name, type]) => ({ name, type: parseDataType(type) }))
  const resolved = resolveExpression(parseExpression(expression), { columns: schema })
  return printExpression(resolved, ({ name }) => identifier(name)).text
}
