import { createHash } from "node:crypto"

/** Hive's metastore takes 128 characters. */
const longest = 120

/**
 * The name of an asset's table in a database: `raw/eu/orders` is `raw__eu__orders`. Of no two keys it is the same: where
 * the name alone would not tell them apart, it ends in digits that do.
 */
export function catalogName(key: string): string {
  const name = key
    .toLowerCase()
    .replaceAll("/", "__")
    .replace(/[^a-z0-9_]/g, "_")
  const isPlain = key.split("/").every(segment => /^[a-z0-9]+(?:_[a-z0-9]+)*$/i.test(segment))
  if (isPlain && name.length <= longest) return name
  const digits = createHash("sha256").update(key.toLowerCase()).digest("hex").slice(0, 12)
  return `${name.slice(0, longest - 15).replace(/_+$/, "")}___${digits}`
}
