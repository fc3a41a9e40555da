import type { DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import type { GoldenValue } from "../../parity/golden/golden-file.ts"

/** Whether a value is what the limits are about: ASCII text, numbers of at most 18 digits, no NaN, years 1 to 9999. */
export function isEveryday(value: GoldenValue, type: DataType): boolean {
  if (value === null) return true
  switch (type.kind) {
    case "array":
      return list(value).every(v => isEveryday(v, type.element))
    case "map":
      return list(value).every(
        pair => isEveryday(list(pair)[0] ?? null, type.key) && isEveryday(list(pair)[1] ?? null, type.value),
      )
    case "struct":
      return type.fields.every((field, i) => isEveryday(list(value)[i] ?? null, field.type))
    case "float32":
    case "float64":
      return isShortFloat(Number(value))
    case "int64":
    case "decimal":
      return String(value).replace(/^-?0*|\./g, "").length <= 18
    case "date":
    case "timestamp":
    case "timestamp_ntz":
      return /^\d{4}-/.test(String(value)) && !String(value).startsWith("0000")
    case "string":
      return [...String(value)].every(character => character < "\x80" && character !== "\0")
    default:
      return true
  }
}

function list(value: GoldenValue): readonly GoldenValue[] {
  return value as readonly GoldenValue[] // nested values are lists in the input tables
}

function isShortFloat(value: number): boolean {
  const size = Math.abs(value)
  return size === 0 || (size < 1e18 && size > 1e-18)
}
