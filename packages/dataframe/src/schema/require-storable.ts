import { FrameError } from "../errors/frame-error.ts"
import type { DataType } from "./data-type.ts"
import type { Schema } from "./schema.ts"

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

/** Whether a column of a type can be stored. */
export function isStorable(type: DataType): boolean {
  return unstorable(type) === undefined
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
