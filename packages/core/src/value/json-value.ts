import { UserCodeError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"
import { compareJson } from "./compare-json.ts"
import type { StoredValue, ValueType } from "./value-type.ts"

/** The type of a value that is stored as JSON. */
export type JsonValue<T> = ValueType<never, T, T>

/**
 * Declares a value that is stored as JSON: `returns: json<Model>()`. Its data version is the SHA-256 of its canonical
 * JSON, so that an equal value makes nothing below it stale.
 *
 * What JSON cannot hold as it is (`undefined`, NaN, bigint, dates, functions, cycles) is refused, naming the path,
 * when the function returns it; nothing is dropped or changed in silence.
 */
export function json<T>(): JsonValue<T> {
  return {
    kind: "json",
    describe: () => "json",
    // The declared type is the user's promise of what the function returned, and the stored value is what it returned.
    bind: async (stored: StoredValue) => (stored.kind === "json" ? stored.value : null) as T,
    output: returned => ({ kind: "json", value: toJson(returned, "$", new Set()) }),
    compare: async (left, right, _session, options) => compareJson(jsonOf(left), jsonOf(right), options),
  }
}

function jsonOf(stored: StoredValue): Json {
  return stored.kind === "json" ? stored.value : null
}

/** Copies a value that JSON keeps as it is, so that the caller cannot change it later. */
function toJson(value: unknown, path: string, above: Set<object>): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw notJson(path, `${value}`, "Use null for a missing number.")
    return value === 0 ? 0 : value // JSON has no negative zero
  }
  if (typeof value !== "object") throw notJson(path, describe(value), remedy(value))
  if (above.has(value)) throw notJson(path, "a value that holds itself", "Return data without cycles.")
  above.add(value)
  const copy = Array.isArray(value) ? arrayToJson(value, path, above) : objectToJson(value, path, above)
  above.delete(value)
  return copy
}

function arrayToJson(values: readonly unknown[], path: string, above: Set<object>): Json {
  // Not map: it leaves the holes of a sparse array out.
  return Array.from(values, (item, i) => toJson(item, `${path}[${i}]`, above))
}

function objectToJson(value: object, path: string, above: Set<object>): Json {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notJson(path, `a ${value.constructor?.name || "class instance"}`, remedy(value))
  }
  const copy: { [name: string]: Json } = {}
  for (const [name, item] of Object.entries(value)) {
    const at = /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`
    // defineProperty, since an assignment to `__proto__` would set the prototype.
    Object.defineProperty(copy, name, {
      value: toJson(item, at, above),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return copy
}

function describe(value: unknown): string {
  if (value === undefined) return "undefined"
  return `a ${typeof value}`
}

function remedy(value: unknown): string {
  if (value === undefined) return "Leave the name out, or use null."
  if (typeof value === "bigint") return "Return it as text: String(value)."
  if (value instanceof Date) return "Return it as text: value.toISOString()."
  if (value instanceof Map) return "Return an object: Object.fromEntries(value)."
  if (value instanceof Set) return "Return an array: [...value]."
  if (ArrayBuffer.isView(value)) return "Return an array: Array.from(value)."
  return "Return plain objects, arrays, strings, finite numbers, booleans and null."
}

function notJson(path: string, what: string, fix: string): UserCodeError {
  return new UserCodeError("VALUE_INVALID", {
    what: `The returned value has ${what} at ${path}.`,
    why: "The asset declares 'returns: json()', and JSON cannot hold this as it is.",
    fix,
    details: { path },
  })
}
