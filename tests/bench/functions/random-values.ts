import type { DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import type { GoldenValue } from "../../parity/golden/golden-file.ts"

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export type Random = () => number

/** A value as everyday data have it, null now and then: numbers of few and of up to 18 digits, years 1900 to 2100. */
export function randomValue(type: DataType, random: Random): GoldenValue {
  if (random() < 0.02) return null
  switch (type.kind) {
    case "boolean":
      return random() < 0.5
    case "int8":
      return whole(random, -60, 60)
    case "int16":
      return whole(random, -30_000, 30_000)
    case "int32":
      return random() < 0.5 ? whole(random, -100, 100) : whole(random, -1e9, 1e9)
    case "int64":
      return random() < 0.5 ? String(whole(random, -1000, 1000)) : digits(random, 18)
    case "float32":
    case "float64":
      return fraction(random)
    case "decimal":
      return decimal(random, Math.min(type.precision, 18), type.scale)
    case "date":
      return instant(random).slice(0, 10)
    case "timestamp":
      return `${instant(random)}Z`
    case "timestamp_ntz":
      return instant(random)
    case "array":
      return Array.from({ length: whole(random, 0, 8) }, () => randomValue(type.element, random))
    case "map":
      return "abcdefxyz"
        .split("")
        .filter(() => random() < 0.4)
        .map(key => [key, randomValue(type.value, random)])
    case "struct":
      return type.fields.map(field => randomValue(field.type, random))
    default:
      return words(random)
  }
}

export function whole(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

export function pick<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[Math.floor(random() * values.length)] ?? values[0]
}

/** A whole number of up to so many digits, each length alike often. */
export function digits(random: Random, most: number): string {
  const length = whole(random, 1, most)
  const text = Array.from({ length }, () => whole(random, 0, 9)).join("")
  return `${random() < 0.3 ? "-" : ""}${text.replace(/^0+(?=\d)/, "")}`.replace(/^-0$/, "0")
}

function fraction(random: Random): number {
  const size = pick(random, [1, 1, 100, 10_000, 1e6, 1e12])
  const value = (random() * 2 - 1) * size
  return random() < 0.5 ? value : Math.round(value * 100) / 100
}

function decimal(random: Random, precision: number, scale: number): string {
  const unscaled = digits(random, precision)
  const text = unscaled.replace("-", "").padStart(scale + 1, "0")
  const point = text.length - scale
  return `${unscaled.startsWith("-") ? "-" : ""}${text.slice(0, point)}${scale > 0 ? `.${text.slice(point)}` : ""}`
}

/** A wall clock, half of them with microseconds. */
export function instant(random: Random): string {
  const start = Date.UTC(1900, 0, 1) / 1000
  const end = Date.UTC(2100, 0, 1) / 1000
  const text = new Date(whole(random, start, end) * 1000).toISOString().slice(0, 19)
  return random() < 0.5 ? text : `${text}.${String(whole(random, 0, 999_999)).padStart(6, "0")}`
}

/** One to three words of ASCII letters and digits in mixed case, some with blanks round them. */
export function words(random: Random): string {
  const word = () =>
    Array.from({ length: whole(random, 1, 9) }, () => letters[whole(random, 0, letters.length - 1)]).join("")
  const text = Array.from({ length: whole(random, 1, 3) }, word).join(pick(random, [" ", " ", ",", "."]))
  return random() < 0.2 ? `  ${text} ` : text
}

const letters = "abcdefghijklmnopqrstuvwxyzabcdeABCDEFGHIJ019"
