import { confirmColumnNames } from "@assets/core"
import type { DataType, Schema } from "@assets/dataframe"
import { someType } from "./some-type.ts"

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
  return someType(type, one => one.kind === "struct" && one.fields.some(({ name }) => name.includes("`")))
}
