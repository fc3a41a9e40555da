import type { Output } from "./output.ts"

/** Longer cells are cut. */
const cellWidth = 60

/** Prints rows in columns. */
export function printRows(output: Output, columns: readonly string[], rows: readonly (readonly unknown[])[]): void {
  if (rows.length === 0) output.line(output.colors.dim(columns.join("  ")))
  output.table(
    columns,
    rows.map(row => row.map(cell)),
  )
}

/** A value on one line: text as it is, everything else as JSON. */
function cell(value: unknown): string {
  const text = typeof value === "string" ? value : plain(value)
  const line = text.replace(/[\r\n\t]/g, " ")
  return line.length > cellWidth ? `${line.slice(0, cellWidth - 1)}…` : line
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return "null"
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") return String(value)
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`
  const entries = value instanceof Map ? Object.fromEntries(value) : value
  return JSON.stringify(entries, (_, inner) => (typeof inner === "bigint" ? `${inner}` : inner))
}
