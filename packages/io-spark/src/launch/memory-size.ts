const bytesOf: { readonly [unit: string]: number } = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Whole mebibytes of a size in Spark's words, `4g`, `512m`, `2048` (MiB); undefined for what is none. */
export function memoryMiB(text: string): number | undefined {
  const [, count, unit] = /^(\d+)(?:(k|m|g|t)b?)?$/i.exec(text.trim()) ?? []
  if (count === undefined) return undefined
  const mebibytes = Math.floor((Number(count) * (bytesOf[unit?.toLowerCase() ?? "m"] ?? 0)) / 1024 ** 2)
  return mebibytes > 0 ? mebibytes : undefined
}
