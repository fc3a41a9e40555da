import type { DataType } from "@assets/dataframe"

/** Whether a test holds of a type, or of one inside it. */
export function someType(type: DataType, test: (type: DataType) => boolean): boolean {
  if (test(type)) return true
  switch (type.kind) {
    case "array":
      return someType(type.element, test)
    case "map":
      return someType(type.key, test) || someType(type.value, test)
    case "struct":
      return type.fields.some(field => someType(field.type, test))
    default:
      return false
  }
}
