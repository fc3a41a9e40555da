import { FrameError } from "../errors/frame-error.ts"
import type { Column } from "../schema/data-type.ts"
import { unknownColumn } from "./resolve-column.ts"

/** Finds a column without regard to case. */
export function findColumn(columns: readonly Column[], name: string): Column | undefined {
  const lower = name.toLowerCase()
  return columns.find(column => column.name === name) ?? columns.find(column => column.name.toLowerCase() === lower)
}

/**
 * The column of a name, found without regard to case.
 * @throws FrameError `FRAME_COLUMN_UNKNOWN` with the nearest names, `FRAME_ARGUMENT_INVALID` for what is not a name
 */
export function columnNamed(columns: readonly Column[], name: unknown, side?: "left" | "right"): Column {
  if (typeof name !== "string") {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: `A column's name is ${name === null ? "null" : `of type ${typeof name}`}.`,
      why: "Columns are named by texts here.",
      fix: "Write the name as a text, or compute the column in a callback: select(f => ({ name: f.column })).",
    })
  }
  const found = findColumn(columns, name)
  if (!found) throw unknownColumn(name, columns, side)
  return found
}

/**
 * Holds columns to names that differ also without regard to case.
 * @throws FrameError `FRAME_COLUMN_DUPLICATE`
 */
export function distinctNames(columns: readonly Column[], what = "The frame"): void {
  const seen = new Map<string, string>()
  for (const { name } of columns) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined) {
      throw new FrameError("FRAME_COLUMN_DUPLICATE", {
        what:
          other === name ? `${what} has two columns '${name}'.` : `${what} has the columns '${other}' and '${name}'.`,
        why: "Names of columns are matched without regard to case, as in Spark, so that neither could be used.",
        fix: "Rename one of the two, or leave one out.",
        details: { column: name },
      })
    }
    seen.set(name.toLowerCase(), name)
  }
}
