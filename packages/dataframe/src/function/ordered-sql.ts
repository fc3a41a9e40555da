import type { DataType } from "../schema/data-type.ts"
import type { PrintedCall } from "./function-entry.ts"
import { arg, infix, input } from "./printed-call.ts"
import { identifier, keyword, type Sql, sql, textLiteral } from "./sql-fragment.ts"

/**
 * A value that DuckDB orders as Spark orders `value`: nulls inside arrays and structs come first in Spark and last in
 * DuckDB. The value itself for plain types.
 */
export function orderKey(value: Sql, type: DataType, depth = 0): Sql {
  if (type.kind === "array") {
    const v = keyword(`v${depth}`)
    const element = orderKey(v, type.element, depth + 1)
    return sql`list_transform(${value}, lambda ${v}: {'n': ${v} IS NOT NULL, 'v': ${element}})`
  }
  if (type.kind === "struct") {
    const fields = type.fields.map((field, i) => {
      const part = sql`${value}.${identifier(field.name)}`
      return sql`${textLiteral(`n${i}`)}: ${part} IS NOT NULL, ${textLiteral(`v${i}`)}: ${orderKey(part, field.type, depth + 1)}`
    })
    return sql`CASE WHEN ${value} IS NULL THEN NULL ELSE {${fields}} END`
  }
  return value
}

/** `<` and its like on arrays and structs; undefined where DuckDB's own answer is Spark's. */
export function orderedForm(operator: "=" | "<>" | "<" | "<=" | ">" | ">=", call: PrintedCall): Sql | undefined {
  const type = input(call, 0).type
  if (operator === "=" || operator === "<>" || (type.kind !== "array" && type.kind !== "struct")) return undefined
  const plain = infix(operator)
  const args = [orderKey(arg(call, 0), type), orderKey(arg(call, 1), type)]
  return typeof plain === "string" ? undefined : plain({ ...call, args })
}
