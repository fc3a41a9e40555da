import { createHash } from "node:crypto"
import type { Json } from "./json.ts"

/** JSON with the names of objects in code-unit order and no spaces: one text for equal values. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  const object = value as { readonly [name: string]: Json } // Array.isArray does not narrow readonly arrays away
  const names = Object.keys(object).sort()
  return `{${names.map(name => `${JSON.stringify(name)}:${canonicalJson(object[name] ?? null)}`).join(",")}}`
}

/** SHA-256 over the canonical JSON of a value, in hex. */
export function digestOf(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex")
}
