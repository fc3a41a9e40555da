import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { identifier, keyword, type Sql, sql, textLiteral } from "./sql-fragment.ts"

/** A value as JSON, written as Spark does; null for null, whose field Spark leaves out. */
export function jsonText(value: Sql, type: DataType, depth = 0): Sql {
  switch (type.kind) {
    case "struct": {
      const fields = type.fields.map(field => {
        const name = textLiteral(`${JSON.stringify(field.name)}:`)
        return sql`${name} || ${jsonText(sql`${value}.${identifier(field.name)}`, field.type, depth + 1)}`
      })
      return unlessNull(value, sql`'{' || concat_ws(',', ${fields}) || '}'`)
    }
    case "array": {
      const element = keyword(`j${depth}_`)
      const text = sql`coalesce(${jsonText(element, type.element, depth + 1)}, 'null')`
      const all = sql`list_transform(${value}, lambda ${element}: ${text})`
      return unlessNull(value, sql`'[' || coalesce(array_to_string(${all}, ','), '') || ']'`)
    }
    case "map": {
      const entry = keyword(`j${depth}_`)
      const key = jsonKey(sql`${entry}.key`, type.key)
      const text = sql`${key} || ':' || coalesce(${jsonText(sql`${entry}.value`, type.value, depth + 1)}, 'null')`
      const all = sql`list_transform(map_entries(${value}), lambda ${entry}: ${text})`
      return unlessNull(value, sql`'{' || coalesce(array_to_string(${all}, ','), '') || '}'`)
    }
    default:
      return plainText(value, type)
  }
}

function unlessNull(value: Sql, text: Sql): Sql {
  return sql`CASE WHEN ${value} IS NOT NULL THEN ${text} END`
}

function jsonKey(key: Sql, type: DataType): Sql {
  if (type.kind === "string") return plainText(key, type)
  return sql`'"' || CAST(${key} AS VARCHAR) || '"'`
}

function plainText(value: Sql, type: DataType): Sql {
  const quoted = (text: Sql) => sql`'"' || ${text} || '"'`
  switch (type.kind) {
    case "string":
      return sql`CAST(to_json(${value}) AS VARCHAR)`
    case "binary":
      return quoted(sql`base64(${value})`)
    case "float32":
    case "float64": {
      const text = sql`spark_${keyword(type.kind === "float32" ? "float" : "double")}_to_string(${value})`
      return sql`CASE WHEN isfinite(${value}) THEN ${text} ELSE ${quoted(text)} END`
    }
    case "timestamp": {
      const wall = sql`strftime(spark_wall(${value}), '%Y-%m-%dT%H:%M:%S.%g')`
      const offset = sql`spark_offset_text((epoch_us(spark_wall(${value})) - epoch_us(${value})) // 1000000)`
      return quoted(sql`${wall} || ${offset}`)
    }
    case "timestamp_ntz":
      return quoted(sql`strftime(${value}, '%Y-%m-%dT%H:%M:%S.%g')`)
    case "date":
      return quoted(sql`CAST(${value} AS VARCHAR)`)
    default:
      return sql`CAST(${value} AS VARCHAR)`
  }
}

/** A part of a JSON value, or null where there is none. */
function partOf(json: Sql, name: string): Sql {
  return sql`json_extract(${json}, ${textLiteral(jsonPath(name))})`
}

/** The path of a field, its name as it is. */
export function jsonPath(name: string): string {
  return `$."${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`
}

/** A JSON value as a value of a type; null where it is of another kind. */
export function jsonValue(json: Sql, type: DataType, depth = 0): Sql {
  const isOf = (...kinds: readonly string[]) => sql`json_type(${json}) IN (${kinds.map(textLiteral)})`
  const text = sql`json_extract_string(${json}, '$')`
  switch (type.kind) {
    case "struct": {
      const fields = type.fields.map(field => {
        return sql`${textLiteral(field.name)}: ${jsonValue(partOf(json, field.name), field.type, depth + 1)}`
      })
      return sql`CASE WHEN ${isOf("OBJECT")} THEN {${fields}} END`
    }
    case "array": {
      const element = keyword(`e${depth}_`)
      const values = sql`list_transform(json_extract(${json}, '$[*]'), lambda ${element}: ${jsonValue(element, type.element, depth + 1)})`
      return sql`CASE WHEN ${isOf("ARRAY")} THEN ${values} END`
    }
    case "map": {
      const key = keyword(`e${depth}_`)
      const path = sql`'$."' || replace(replace(${key}, '\\', '\\\\'), '"', '\\"') || '"'`
      const value = jsonValue(sql`json_extract(${json}, ${path})`, type.value, depth + 1)
      const values = sql`list_transform(json_keys(${json}), lambda ${key}: ${value})`
      return sql`CASE WHEN ${isOf("OBJECT")} THEN map(json_keys(${json}), ${values}) END`
    }
    case "string":
      return text
    case "boolean":
      return sql`CASE WHEN ${isOf("BOOLEAN")} THEN CAST(${text} AS BOOLEAN) END`
    case "float32":
    case "float64": {
      const special = sql`${isOf("VARCHAR")} AND ${text} IN ('NaN', 'Infinity', '-Infinity', '+INF', '-INF', 'INF')`
      const number = isOf("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
      return sql`CASE WHEN ${number} OR (${special}) THEN TRY_CAST(${text} AS ${typeText(type)}) END`
    }
    case "decimal":
      return sql`CASE WHEN ${isOf("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")} THEN TRY_CAST(${text} AS ${typeText(type)}) END`
    case "date":
      return sql`CASE WHEN ${isOf("VARCHAR")} THEN spark_try_to_date(${text}) END`
    case "timestamp":
      return sql`CASE WHEN ${isOf("VARCHAR")} THEN spark_try_to_timestamp(${text}) END`
    default:
      return sql`CASE WHEN ${isOf("BIGINT", "UBIGINT")} THEN TRY_CAST(${text} AS ${typeText(type)}) END`
  }
}

function typeText(type: DataType): Sql {
  if (type.kind === "decimal") return sql`DECIMAL(${type.precision},${type.scale})`
  const words = { int8: "TINYINT", int16: "SMALLINT", int32: "INTEGER", int64: "BIGINT", float32: "FLOAT" } as const
  return keyword(Object.hasOwn(words, type.kind) ? words[type.kind as keyof typeof words] : "DOUBLE")
}

/** Types whose JSON Spark reads and this product gives alike. */
export function isJsonReadable(type: DataType): boolean {
  if (type.kind === "array") return isJsonReadable(type.element)
  if (type.kind === "map") return type.key.kind === "string" && isJsonReadable(type.value)
  if (type.kind === "struct") return type.fields.every(field => isJsonReadable(field.type))
  return !["binary", "timestamp_ntz", "void"].includes(type.kind) && !types.isInterval(type)
}
