import type { Json } from "./json.ts"
import { sha256 } from "./sha256.ts"

/** JSON with the names of objects in code-unit order and no spaces: one text for equal values. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value)
  // Written for speed: a plan of a thousand assets passes here each time it is looked at.
  let text = ""
  if (Array.isArray(value)) {
    for (const item of value) text += text === "" ? canonicalJson(item) : `,${canonicalJson(item)}`
    return `[${text}]`
  }
  const object = value as { readonly [name: string]: Json } // Array.isArray does not narrow readonly arrays away
  for (const name of Object.keys(object).sort()) {
    const pair = `${JSON.stringify(name)}:${canonicalJson(object[name] ?? null)}`
    text += text === "" ? pair : `,${pair}`
  }
  return `{${text}}`
}

/** SHA-256 over the canonical JSON of a value, in hex. */
export function digestOf(value: Json): string {
  return sha256(canonicalJson(value))
}
