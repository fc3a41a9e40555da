import { castTo, duckdbTypeText } from "../function/duckdb-type.ts"
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

/** What is known of a column that is stored. */
interface Stored {
  /** It may stand in the names of folders, as text. */
  readonly inFolders: boolean
  /** DuckDB's type of it. */
  readonly type: string | undefined
}

/**
 * A column of a Parquet file that others made, as the declared type. What would lose a part of its values is refused by
 * its type, before a row is read. Where the stored type is not known, the binder knows it, and takes the test away.
 */
export function storedColumn(stored: Sql, { name, type }: Column, { inFolders, type: known }: Stored): Sql {
  if (known === duckdbTypeText(type)) return stored
  const types = accepted(type)
  if (!types) return castTo(stored, type)
  const listed = [...types, ...(inFolders ? ["VARCHAR"] : [])]
  const others = typePattern(type)
  if (known !== undefined && (listed.includes(known) || (others && new RegExp(others).test(known)))) {
    return converted(stored, type, known)
  }
  const isListed = sql`typeof(${stored}) IN (${listed.map(textLiteral)})`
  const fits = others ? sql`${isListed} OR regexp_matches(typeof(${stored}), ${textLiteral(others)})` : isListed
  const told = sql`${textLiteral(`[SOURCE_TYPE] ${typeName(type)} `)} || typeof(${stored}) || ${textLiteral(` ${name}`)}`
  // through INTEGER, since any text would be a text
  const refused = castTo(sql`CAST(CAST(${told} AS INTEGER) AS VARCHAR)`, type)
  return sql`CASE WHEN ${fits} THEN ${converted(stored, type, known)} ELSE ${refused} END`
}

/** Decimals that have no more digits after the point; enumerations. */
function typePattern(type: DataType): string | undefined {
  if (type.kind === "string") return "^ENUM\\("
  const scale = type.kind === "decimal" ? type.scale : type.kind.startsWith("int") ? 0 : undefined
  if (scale === undefined) return undefined
  return `^DECIMAL\\([0-9]+,(${Array.from({ length: scale + 1 }, (_, digits) => digits).join("|")})\\)$`
}

/** Times without a zone, those of INT96 among them, are UTC where an instant is declared. */
function converted(stored: Sql, type: DataType, known: string | undefined): Sql {
  if (type.kind !== "timestamp") return castTo(stored, type)
  const instant = sql`make_timestamptz(epoch_us(CAST(${stored} AS TIMESTAMP)))`
  const unzoned = [...zoneless, "DATE"]
  if (known !== undefined) return unzoned.includes(known) ? instant : castTo(stored, type)
  return sql`CASE WHEN typeof(${stored}) IN (${unzoned.map(textLiteral)}) THEN ${instant} ELSE ${castTo(stored, type)} END`
}
