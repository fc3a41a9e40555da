import type { FrameResult } from "./frame-cases.ts"
import type { GoldenValue } from "./golden-file.ts"

/** The rows of a frame as the golden file writes them. */
export async function frameOutput(frame: FrameResult): Promise<GoldenValue[][]> {
  const given: GoldenValue[][] = []
  for await (const row of frame.rows()) given.push(Object.values(row).map(output))
  return given
}

/** Rows whose order says nothing. */
export const sorted = (rows: readonly unknown[]) => rows.map(row => JSON.stringify(row)).sort()

function output(value: unknown): GoldenValue {
  if (typeof value === "bigint") return String(value)
  if (typeof value === "number") {
    if (Object.is(value, -0)) return "-0.0"
    return Number.isFinite(value) ? value : String(value)
  }
  if (Array.isArray(value)) return value.map(output)
  if (typeof value === "object" && value !== null) {
    return { struct: Object.entries(value).map(([name, field]) => [name, output(field)]) }
  }
  return value as GoldenValue // text, boolean, null
}
