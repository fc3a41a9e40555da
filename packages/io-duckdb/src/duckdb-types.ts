import { duckdbTypeText, type Schema } from "@assets/dataframe"
import { quoteName } from "./sql-text.ts"

/** The columns of a table with this schema: `"id" BIGINT, "name" VARCHAR`. */
export function columnDefinitions(schema: Schema): string {
  return schema.columns.map(column => `${quoteName(column.name)} ${duckdbTypeText(column.type)}`).join(", ")
}

/** No rows of this schema, as a SELECT. */
export function emptySelect(schema: Schema): string {
  const columns = schema.columns.map(
    column => `CAST(NULL AS ${duckdbTypeText(column.type)}) AS ${quoteName(column.name)}`,
  )
  return `SELECT ${columns.join(", ")} WHERE false`
}

/** Refuses a result whose types are not those of the plan, before a vector of it is read in the wrong width. */
export function schemaGuard(schema: Schema): (types: readonly string[]) => void {
  const plain = (type: string) => type.replaceAll('"', "").toUpperCase()
  return types => {
    for (const [i, column] of schema.columns.entries()) {
      const wanted = duckdbTypeText(column.type)
      if (plain(types[i] ?? "") === plain(wanted)) continue
      throw new Error(`Column '${column.name}' came as ${types[i]} and not as ${wanted}. Please report this.`)
    }
  }
}
