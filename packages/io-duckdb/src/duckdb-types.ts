import { type DataType, duckdbTypeText, FrameError, type Schema } from "@assets/dataframe"
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

function unstorable(type: DataType): DataType | undefined {
  switch (type.kind) {
    case "day_time_interval":
    case "year_month_interval":
    case "void":
      return type
    case "array":
      return unstorable(type.element)
    case "map":
      return unstorable(type.key) ?? unstorable(type.value)
    case "struct":
      return type.fields.map(field => unstorable(field.type)).find(found => found)
    default:
      return undefined
  }
}

/**
 * Refuses columns that no storage can keep for every engine.
 * @throws FrameError `FRAME_TYPE_UNSTORABLE` naming the column
 */
export function requireStorable(schema: Schema): void {
  for (const column of schema.columns) {
    const found = unstorable(column.type)
    if (!found) continue
    throw new FrameError("FRAME_TYPE_UNSTORABLE", {
      what: `The column '${column.name}' has the type ${found.kind}, which cannot be stored.`,
      why: "Parquet readers give intervals back as plain numbers, and a column of bare NULLs has no type to keep.",
      fix:
        found.kind === "void"
          ? `Cast it to the type that it should have: f.${column.name}.cast(t.string).`
          : `Turn it into a number or a text before it is returned.`,
      details: { column: column.name, type: found.kind },
    })
  }
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
