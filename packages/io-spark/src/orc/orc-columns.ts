import { confirmColumnNames } from "@assets/core"
import type { DataType, Schema } from "@assets/dataframe"

/**
 * Refuses columns that would not come back from ORC files under their names.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` naming the column
 */
export function confirmOrcColumns(schema: Schema): void {
  const unnamed = schema.columns.every(({ name }) => name.toLowerCase().startsWith("_col"))
  const typeOf = new Map(schema.columns.map(({ name, type }) => [name, type]))
  confirmColumnNames(schema, {
    refusal: "ORC files cannot have",
    whyNot: name => {
      if (unnamed) return "Where the names of all columns begin with '_col', readers take the columns by their places."
      const type = typeOf.get(name)
      const holds = name.includes("`") || (type !== undefined && hasBacktick(type))
      return holds ? "A name there ends at a backtick, that of a field inside the column, too." : undefined
    },
  })
}

function hasBacktick(type: DataType): boolean {
  switch (type.kind) {
    case "array":
      return hasBacktick(type.element)
    case "map":
      return hasBacktick(type.key) || hasBacktick(type.value)
    case "struct":
      return type.fields.some(field => field.name.includes("`") || hasBacktick(field.type))
    default:
      return false
  }
}
