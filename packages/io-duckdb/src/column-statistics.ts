import type { ColumnStatistics } from "@assets/core"
import { type DataType, type Schema, typeName } from "@assets/dataframe"

/** What one file's footer says of a column: texts by name, as `RETURN_STATS` gives them. */
export type FileStatistics = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Joins what the footers of all files of a write say of its columns. Of nested columns they say nothing. */
export function mergeStatistics(schema: Schema, files: readonly FileStatistics[]): ColumnStatistics[] {
  return schema.columns.map(column => {
    const type = typeName(column.type)
    const found = files.map(file => file.get(column.name))
    if (files.length === 0 || found.some(entry => entry === undefined)) return { name: column.name, type }
    const entries = found as ReadonlyMap<string, string>[] // none is undefined: checked above
    const nullCounts = entries.map(entry => entry.get("null_count"))
    const compare = comparison(column.type)
    const texts = (name: "min" | "max") => entries.map(entry => ({ entry, text: textOf(entry.get(name), column.type) }))
    const least = compare && extreme(texts("min"), (a, b) => compare(a, b) < 0)
    const greatest = compare && extreme(texts("max"), (a, b) => compare(a, b) > 0)
    return {
      name: column.name,
      type,
      ...(nullCounts.every(count => count !== undefined) && {
        nullCount: nullCounts.reduce((sum, count) => sum + Number(count), 0),
      }),
      ...(least !== undefined && { min: least }),
      ...(greatest !== undefined && { max: greatest }),
    }
  })
}

/** The extreme of all files; undefined when a file that has values does not tell its own. */
function extreme(
  files: readonly { readonly entry: ReadonlyMap<string, string>; readonly text: string | undefined }[],
  better: (a: string, b: string) => boolean,
): string | undefined {
  let best: string | undefined
  for (const { entry, text } of files) {
    if (text === undefined) {
      if (entry.get("null_count") !== entry.get("num_values")) return undefined
      continue
    }
    if (best === undefined || better(text, best)) best = text
  }
  return best
}

/** A value as its cast to a text says it; DuckDB's statistics have words of their own for some. */
function textOf(told: string | undefined, type: DataType): string | undefined {
  if (type.kind === "boolean") return { 0: "false", 1: "true" }[told ?? ""] ?? told
  if (type.kind === "float32" || type.kind === "float64") return told?.replace(/inf$/, "Infinity")
  return told
}

type Compare = (a: string, b: string) => number

const byNumber: Compare = (a, b) => Number(a) - Number(b)
const byInteger: Compare = (a, b) => order(BigInt(a), BigInt(b))
/** Texts of equal form: ISO dates and times. */
const byText: Compare = (a, b) => order(a, b)
const byBytes: Compare = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

function order<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** How two texts of a type compare; undefined for types whose texts do not. */
function comparison(type: DataType): Compare | undefined {
  switch (type.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      return byInteger
    case "float32":
    case "float64":
      return byNumber
    case "decimal":
      return (a, b) => byInteger(a.replace(".", ""), b.replace(".", ""))
    case "date":
    case "timestamp":
    case "timestamp_ntz":
    case "boolean":
      return byText
    case "string":
      return byBytes
    default:
      return undefined
  }
}
