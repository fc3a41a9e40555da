import { castTo } from "../function/duckdb-type.ts"
import { identifier, keyword, type Sql, sql } from "../function/sql-fragment.ts"
import type { DataType } from "../schema/data-type.ts"
import { string } from "../schema/type-family.ts"

/** The text that Spark gives for a value. */
export function castToText(x: Sql, from: DataType, depth = 0): Sql {
  switch (from.kind) {
    case "string":
      return x
    case "float64":
      return sql`spark_double_to_string(${x})`
    case "float32":
      return sql`spark_float_to_string(${x})`
    case "timestamp":
      return sql`spark_wall_text(spark_wall(${x}))`
    case "timestamp_ntz":
      return sql`spark_wall_text(${x})`
    case "date":
      return sql`spark_date_text(${x})`
    case "binary":
      return sql`decode(${x})`
    case "array": {
      const v = keyword(`t${depth}`)
      const element = textOrNull(v, from.element, depth + 1)
      return sql`'[' || array_to_string(list_transform(${x}, lambda ${v}: ${element}), ', ') || ']'`
    }
    case "map": {
      const e = keyword(`t${depth}`)
      const key = castToText(sql`${e}.key`, from.key, depth + 1)
      const pair = sql`${key} || ' -> ' || ${textOrNull(sql`${e}.value`, from.value, depth + 1)}`
      return sql`'{' || array_to_string(list_transform(map_entries(${x}), lambda ${e}: ${pair}), ', ') || '}'`
    }
    case "struct": {
      const fields = from.fields.map(f => textOrNull(sql`${x}.${identifier(f.name)}`, f.type, depth + 1))
      const all = fields.length === 0 ? sql`''` : fields.reduce((a, b) => sql`${a} || ', ' || ${b}`)
      return sql`CASE WHEN ${x} IS NOT NULL THEN '{' || ${all} || '}' END`
    }
    default:
      return castTo(x, string)
  }
}

function textOrNull(x: Sql, type: DataType, depth: number): Sql {
  return sql`coalesce(${castToText(x, type, depth)}, 'null')`
}
