import { identifier, keyword, type Sql, sql, textLiteral } from "../function/sql-fragment.ts"
import type { DataType } from "../schema/data-type.ts"
import { isFloating } from "../schema/type-family.ts"
import { literalSql } from "./literal-sql.ts"

/** Whether values of a type may hold a zero with a sign. */
export function holdsFloat(type: DataType): boolean {
  if (type.kind === "array") return holdsFloat(type.element)
  if (type.kind === "struct") return type.fields.some(field => holdsFloat(field.type))
  return isFloating(type)
}

/** Makes 0.0 of -0.0, as Spark does where it groups, also within arrays and structs; other values stay as they are. */
export function signless(value: Sql, type: DataType, depth = 0): Sql {
  if (!holdsFloat(type)) return value
  if (type.kind === "array") {
    const element = keyword(`element${depth}`)
    return sql`list_transform(${value}, lambda ${element}: ${signless(element, type.element, depth + 1)})`
  }
  if (type.kind === "struct") {
    const fields = type.fields.map(
      field =>
        sql`${identifier(field.name)} := ${signless(sql`struct_extract(${value}, ${textLiteral(field.name)})`, field.type, depth)}`,
    )
    return sql`CASE WHEN ${value} IS NOT NULL THEN struct_pack(${fields}) END`
  }
  return sql`(${value} + ${literalSql(0, type)})`
}
