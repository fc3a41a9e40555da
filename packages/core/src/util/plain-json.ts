import type { Json } from "./json.ts"

/** Levels below which a value is not followed. */
const DEEPEST = 20

/**
 * A copy that JSON keeps as it is, whatever it is given: bigint as text, errors as their message, and a word in the place
 * of what cannot be read. What JSON leaves out (functions, symbols, undefined) is left out.
 */
export function plainJson(value: unknown): Json {
  return copy(value, []) ?? null
}

function copy(value: unknown, above: readonly object[]): Json | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value === "bigint") return value.toString()
  if (typeof value !== "object") return undefined
  if (above.includes(value)) return "[circular]"
  if (above.length >= DEEPEST) return "[too deep]"
  try {
    return copyObject(value, [...above, value])
  } catch {
    return "[unreadable]"
  }
}

function copyObject(value: object, above: readonly object[]): Json | undefined {
  if (value instanceof Error) return { name: String(value.name), message: String(value.message) }
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), above)
  if (value instanceof Map) return copy([...value], above)
  if (value instanceof Set) return copy([...value], above)
  if (Array.isArray(value)) return value.map(item => copy(item, above) ?? null)
  const entries = Object.entries(value).map(([name, item]) => [name, copy(item, above)] as const)
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined))
}
