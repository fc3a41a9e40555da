import { type DataType, type SchemaColumn, sparkTypeText, typeName } from "@assets/dataframe"
import { quoteName } from "./spark-sql-text.ts"

/** A column of files that others made, as the declared type; undefined where that would lose a part of its values. */
export function storedColumn(stored: SchemaColumn, declared: SchemaColumn): string | undefined {
  if (!holds(declared.type, stored.type)) return undefined
  return `${converted(quoteName(stored.name), stored.type, declared.type)} AS ${quoteName(declared.name)}`
}

/** Whether all values of a stored type are values of a declared one, or raise when they are not. */
function holds(declared: DataType, stored: DataType): boolean {
  if (typeName(declared) === typeName(stored)) return true
  switch (declared.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      return isWhole(stored)
    case "float32":
      return stored.kind === "int8" || stored.kind === "int16"
    case "float64":
      return ["int8", "int16", "int32", "float32"].includes(stored.kind)
    case "decimal":
      return isWhole(stored) || (stored.kind === "decimal" && stored.scale <= declared.scale)
    case "timestamp":
    case "timestamp_ntz":
      return ["timestamp", "timestamp_ntz", "date"].includes(stored.kind)
    case "array":
    case "map":
    case "struct":
      return stored.kind === declared.kind
    default:
      return false
  }
}

function isWhole(type: DataType): boolean {
  return type.kind === "decimal" ? type.scale === 0 : type.kind.startsWith("int")
}

/** Times without a zone are UTC where an instant is declared, whatever the session's zone. */
function converted(column: string, stored: DataType, declared: DataType): string {
  if (typeName(stored) === typeName(declared)) return column
  const type = sparkTypeText(declared)
  if (declared.kind === "timestamp" && stored.kind === "timestamp_ntz") {
    return `CAST(concat(CAST(${column} AS STRING), 'Z') AS ${type})`
  }
  if (declared.kind === "timestamp" && stored.kind === "date") {
    return `CAST(concat(CAST(${column} AS STRING), 'T00:00:00Z') AS ${type})`
  }
  return `CAST(${column} AS ${type})`
}
