import type { Layout, Schema } from "../engine/engine.ts"
import { ConfigError } from "../errors/assets-error.ts"

const codecs = ["zstd", "snappy", "gzip", "none"] as const

/** Why a compression cannot be used; undefined when it can. */
export function compressionFault(compression: unknown): string | undefined {
  if (compression === undefined || codecs.some(codec => codec === compression)) return undefined
  return `The compression is ${JSON.stringify(compression)}; there are ${codecs.join(", ")}.`
}

/**
 * Refuses a layout of files before anything is written. For IO managers.
 * @throws ConfigError `ASSET_OPTIONS_INVALID`
 */
export function confirmLayout(layout: Layout, schema: Schema, key: string): void {
  const { partitionBy = [], sortBy = [], targetFileMB, compression } = layout
  const why =
    columnFault("partitionBy", partitionBy, schema) ??
    columnFault("sortBy", sortBy, schema) ??
    (partitionBy.length > 0 && partitionBy.length >= schema.columns.length
      ? "partitionBy names all columns, so that no column is left for the files."
      : undefined) ??
    sizeFault(targetFileMB) ??
    compressionFault(compression)
  if (why === undefined) return
  throw new ConfigError("ASSET_OPTIONS_INVALID", {
    what: `The layout of '${key}' cannot be written.`,
    why,
    fix: `Correct 'layout' of the asset: { partitionBy: [columns], sortBy: [columns], targetFileMB: 128, compression: "zstd" }.`,
    details: { key },
  })
}

function columnFault(option: string, names: readonly string[], schema: Schema): string | undefined {
  if (!Array.isArray(names)) return `${option} is no list of columns.`
  const columns = new Set(schema.columns.map(column => column.name.toLowerCase()))
  const unknown = names.find(name => typeof name !== "string" || !columns.has(name.toLowerCase()))
  if (unknown !== undefined) {
    const known = schema.columns.map(column => column.name).join(", ")
    return `${option} names the column ${JSON.stringify(unknown)}; there are ${known}.`
  }
  const twice = names.find((name, i) => names.some((other, j) => j < i && other.toLowerCase() === name.toLowerCase()))
  return twice === undefined ? undefined : `${option} names the column ${JSON.stringify(twice)} twice.`
}

function sizeFault(targetFileMB: unknown): string | undefined {
  if (targetFileMB === undefined) return undefined
  if (typeof targetFileMB === "number" && Number.isFinite(targetFileMB) && targetFileMB > 0) return undefined
  return `targetFileMB is ${JSON.stringify(targetFileMB) ?? String(targetFileMB)}, which is no size above 0.`
}
