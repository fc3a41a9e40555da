import { AssertionError } from "node:assert"
import { inspect, isDeepStrictEqual } from "node:util"
import type { RowInput } from "../schema/row.ts"

export interface CompareOptions {
  /** Whether the order of the rows counts. Default false: a frame has an order only after `orderBy`. */
  readonly ordered?: boolean
  /** Relative difference that two floats may have. Default 0. NaN equals NaN, and -0 equals 0. */
  readonly tolerance?: number
}

/** A frame with its rows, as a bound frame has them. */
interface WithRows<R> {
  rows(): AsyncIterable<R>
}

/**
 * Runs a bound frame and compares its rows with those expected; rows that are equal but for their order are equal.
 * A safe number is taken for a bigint.
 * @throws AssertionError with the rows that are missing and those that are too many
 */
export async function expectRows<S>(
  frame: WithRows<{ readonly [K in keyof S]: unknown }>,
  expected: readonly RowInput<S>[],
  options: CompareOptions = {},
): Promise<void> {
  const given: unknown[] = []
  for await (const row of frame.rows()) given.push(row)
  const faults = options.ordered ? inOrder(given, expected, options) : inAnyOrder(given, expected, options)
  if (faults.length === 0) return
  throw new AssertionError({
    message: `${faults.join("\n")}\n(${given.length} rows were given, ${expected.length} expected)`,
    actual: given,
    expected,
    operator: "expectRows",
  })
}

function inOrder(given: readonly unknown[], expected: readonly unknown[], options: CompareOptions): readonly string[] {
  const length = Math.max(given.length, expected.length)
  return Array.from({ length }, (_, i) => i)
    .filter(i => i >= given.length || i >= expected.length || !isSame(given[i], expected[i], options))
    .map(i => `row ${i}: ${text(given[i])} and not ${text(expected[i])}`)
}

function inAnyOrder(
  given: readonly unknown[],
  expected: readonly unknown[],
  options: CompareOptions,
): readonly string[] {
  const rest = [...given]
  const missing = expected.filter(row => {
    const at = rest.findIndex(other => isSame(other, row, options))
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
  return [...missing.map(row => `missing: ${text(row)}`), ...rest.map(row => `too many: ${text(row)}`)]
}

const text = (row: unknown) => inspect(row, { breakLength: Number.POSITIVE_INFINITY, depth: 6 })

function isSame(given: unknown, expected: unknown, options: CompareOptions): boolean {
  if (typeof given === "bigint" && typeof expected === "number") return given === BigInt(Math.trunc(expected))
  if (typeof given === "number" && typeof expected === "number") return isNear(given, expected, options.tolerance ?? 0)
  if (!isObject(given) || !isObject(expected)) return given === expected
  if (Array.isArray(given) !== Array.isArray(expected) || given instanceof Map || given instanceof Uint8Array) {
    return isDeepStrictEqual(given, expected)
  }
  const names = Object.keys(given)
  if (names.length !== Object.keys(expected).length) return false
  return names.every(name => Object.hasOwn(expected, name) && isSame(given[name], expected[name], options))
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null
}

function isNear(a: number, b: number, tolerance: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b))
}
