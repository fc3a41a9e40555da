import { fileURLToPath } from "node:url"
import type { SourceLocation } from "./assets-error.ts"

/** `at name (PLACE:LINE:COLUMN)` or `at PLACE:LINE:COLUMN`; a place may hold spaces and parentheses. */
const frame = /^\s*at (?:async )?(?:[^/\\]*?\()?((?:file:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+)(?::(\d+))?\)?$/

/** Returns the files and lines that a stack names, innermost first. Node's own modules and evaluated text are left out. */
export function stackFrames(stack: string | undefined): SourceLocation[] {
  return (stack ?? "").split("\n").flatMap(text => {
    const [, place, line, column] = frame.exec(text) ?? []
    if (!place || !line || text.includes("(eval at ")) return []
    const file = fileOf(place)
    return file === undefined ? [] : [{ file, line: Number(line), ...(column && { column: Number(column) }) }]
  })
}

function fileOf(place: string): string | undefined {
  if (!place.startsWith("file://")) return place
  try {
    return fileURLToPath(place.replace(/[?#].*$/, ""))
  } catch {
    return undefined // a stack is a text that anyone may have written
  }
}
