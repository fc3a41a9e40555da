import { castTo } from "../function/duckdb-type.ts"
import { type Sql, sql, textLiteral } from "../function/sql-fragment.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { typeName } from "../schema/type-name.ts"

const small = ["TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"]
const medium = [...small, "INTEGER", "UINTEGER"]
const whole = [...medium, "BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT"]
const zoneless = ["TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"]

/** DuckDB's types whose values are all values of a type, or raise when they are not; of nested types nothing is said. */
function accepted(type: DataType): readonly string[] | undefined {
  switch (type.kind) {
    case "boolean":
      return ["BOOLEAN"]
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      return whole
    case "float32":
      return [...small, "FLOAT"]
    case "float64":
      return [...medium, "FLOAT", "DOUBLE"]
    case "decimal":
      return whole
    case "string":
      return ["VARCHAR", "UUID", "JSON", "TIME"]
    case "binary":
      return ["BLOB"]
    case "date":
      return ["DATE"]
    case "timestamp":
    case "timestamp_ntz":
      return ["TIMESTAMP WITH TIME ZONE", ...zoneless, "DATE"]
    default:
      return undefined
  }
}

/**
 * A column of a Parquet file that others made, as the declared type. What would lose a part of its values is refused by
 * its type, before a row is read. The binder knows the stored type: what is left of this is the cast, or nothing.
 */
export function storedColumn(stored: Sql, { name, type }: Column, inFolders: boolean): Sql {
  const types = accepted(type)
  if (!types) return castTo(stored, type)
  const listed = sql`typeof(${stored}) IN (${[...types, ...(inFolders ? ["VARCHAR"] : [])].map(textLiteral)})`
  const others = typePattern(type)
  const fits = others ? sql`${listed} OR regexp_matches(typeof(${stored}), ${textLiteral(others)})` : listed
  const told = sql`${textLiteral(`[SOURCE_TYPE] ${typeName(type)} `)} || typeof(${stored}) || ${textLiteral(` ${name}`)}`
  // through INTEGER, since any text would be a text
  const refused = castTo(sql`CAST(CAST(${told} AS INTEGER) AS VARCHAR)`, type)
  return sql`CASE WHEN ${fits} THEN ${converted(stored, type)} ELSE ${refused} END`
}

/** Decimals that have no more digits after the point; enumerations. */
function typePattern(type: DataType): string | undefined {
  if (type.kind === "string") return "^ENUM\\("
  const scale = type.kind === "decimal" ? type.scale : type.kind.startsWith("int") ? 0 : undefined
  if (scale === undefined) return undefined
  return `^DECIMAL\\([0-9]+,(${Array.from({ length: scale + 1 }, (_, digits) => digits).join("|")})\\)$`
}

/** Times without a zone, those of INT96 among them, are UTC where an instant is declared. */
function converted(stored: Sql, type: DataType): Sql {
  if (type.kind !== "timestamp") return castTo(stored, type)
  return sql`CASE WHEN typeof(${stored}) IN (${[...zoneless, "DATE"].map(textLiteral)}) THEN make_timestamptz(epoch_us(CAST(${stored} AS TIMESTAMP))) ELSE ${castTo(stored, type)} END`
}
