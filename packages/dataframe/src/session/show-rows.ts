import type { RowObject } from "./row-reader.ts"

const WIDTH = 40

/** Rows as a table of text, numbers on the right. */
export function tableOf(rows: readonly RowObject[], names: readonly string[]): string {
  const cells = rows.map(row => names.map(name => cell(row[name])))
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map(line => (line[i] ?? "").length)))
  const numeric = names.map(name => rows.every(row => row[name] === null || isNumber(row[name])) && rows.length > 0)
  const line = (values: readonly string[]) =>
    values
      .map((v, i) => (numeric[i] ? v.padStart(widths[i] ?? 0) : v.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd()
  return [line(names), widths.map(width => "-".repeat(width)).join("  "), ...cells.map(line)].join("\n")
}

const isNumber = (value: unknown) => typeof value === "number" || typeof value === "bigint"

function cell(value: unknown): string {
  const text = typeof value === "string" ? value : plain(value)
  const line = text.replaceAll("\n", "\\n")
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line
}

function plain(value: unknown): string {
  if (value === null) return "null"
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`
  if (value instanceof Map) return plain([...value])
  if (typeof value !== "object") return String(value)
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return String(inner)
    return inner instanceof Map ? [...inner] : inner
  })
}
