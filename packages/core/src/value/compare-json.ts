import type { Json } from "../util/json.ts"
import type { CompareOptions, Difference, RowDifference } from "./difference.ts"

/** Compares two JSON values place by place; the order of names in objects does not count. */
export function compareJson(left: Json, right: Json, { tolerance, samples }: CompareOptions): Difference {
  const found: RowDifference[] = []
  compareAt("$", left, right, { tolerance, found })
  const count = (change: RowDifference["change"]) => found.filter(one => one.change === change).length
  const changed = found.filter(one => one.change === "changed")
  return {
    equal: found.length === 0,
    schema: [],
    rows: { left: 1, right: 1 },
    keys: null,
    added: count("added"),
    removed: count("removed"),
    changed: changed.length,
    columns: changed.flatMap(({ left }) => Object.keys(left ?? {}).map(name => ({ name, changed: 1 }))),
    samples: found.slice(0, samples),
  }
}

interface Comparison {
  readonly tolerance: CompareOptions["tolerance"]
  readonly found: RowDifference[]
}

function compareAt(path: string, left: Json | undefined, right: Json | undefined, comparison: Comparison): void {
  const { found } = comparison
  if (left === undefined && right !== undefined) found.push({ change: "added", left: null, right: { [path]: right } })
  else if (left !== undefined && right === undefined)
    found.push({ change: "removed", left: { [path]: left }, right: null })
  else if (left === undefined || right === undefined) return
  else if (Array.isArray(left) && Array.isArray(right)) {
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      compareAt(`${path}[${i}]`, left[i], right[i], comparison)
    }
  } else if (isObject(left) && isObject(right)) {
    for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const at = /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`
      compareAt(at, own(left, name), own(right, name), comparison)
    }
  } else if (!isSame(left, right, comparison.tolerance)) {
    found.push({ change: "changed", left: { [path]: left }, right: { [path]: right } })
  }
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function own(value: { readonly [name: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function isSame(left: Json, right: Json, tolerance: CompareOptions["tolerance"] = 0): boolean {
  if (left === right) return true
  if (typeof left !== "number" || typeof right !== "number") return false
  const allowed =
    typeof tolerance === "number" ? tolerance : tolerance.relative * Math.max(Math.abs(left), Math.abs(right))
  return Math.abs(left - right) <= allowed
}
