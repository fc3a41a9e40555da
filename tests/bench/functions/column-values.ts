import type { GoldenValue } from "../../parity/golden/golden-file.ts"
import { digits, instant, pick, type Random, whole, words } from "./random-values.ts"

type Make = (random: Random) => GoldenValue

const between =
  (low: number, high: number): Make =>
  random =>
    whole(random, low, high)

/** What a cast from text is given: texts of each type it can be cast to. A case keeps the ones that it can read. */
const castable: Make = random =>
  pick<Make>(random, [
    () => String(whole(random, -100, 100)),
    () => digits(random, 9),
    () => digits(random, 18),
    () => `${digits(random, 8)}.${whole(random, 0, 99)}`,
    () => String((random() * 2 - 1) * 1e4),
    () => pick(random, ["true", "false", "t", "yes", "no", "0", "1"]),
    dateText,
  ])(random)

const dateText: Make = random => {
  const text = instant(random)
  return pick(random, [
    text.slice(0, 10),
    text.slice(0, 10),
    text.slice(0, 19),
    text.slice(0, 19).replace("T", " "),
    text,
  ])
}

const jsonText: Make = random =>
  pick(random, [
    `{"a":${whole(random, 0, 1000)},"b":"${words(random)}"}`,
    `{"a":"${words(random)}"}`,
    `{"a":{"b":[${whole(random, 0, 9)},${whole(random, 0, 99)},{"c":"d"}]}}`,
    `{"a":${whole(random, 0, 999)}.25}`,
    `[1,${whole(random, 0, 9)},3]`,
    "{}",
  ])

/** Columns that need values of another range than their type's. */
const columns: { readonly [column: string]: Make } = {
  "s2.t": random => words(random).slice(0, whole(random, 0, 3)),
  "sn.n": between(-3, 12),
  "snn.n": between(-3, 12),
  "snn.k": between(-1, 12),
  "spad.n": between(0, 20),
  "spad.p": random => pick(random, ["*", " ", "ab", ""]),
  "cs.s": castable,
  "cd.s": dateText,
  "js.s": jsonText,
  "sx.s": castable,
  "sx.m": random => (whole(random, -1e6, 1e6) / 100).toFixed(2),
  "dtn.n": between(-400, 400),
  "gl.x": random => String(whole(random, -1e12, 1e12)), // their sum must fit
  "ep.n": between(-2e9, 4e9),
  "ai.n": between(1, 4),
  "ai.a": random => Array.from({ length: whole(random, 0, 8) }, () => whole(random, 0, 9)),
  "ai.b": random => Array.from({ length: whole(random, 0, 8) }, () => whole(random, 0, 9)),
  "as.x": random => pick(random, ["a", "b", "x", words(random)]),
  "mp.k": random => pick(random, ["a", "b", "x", "z"]),
}

const tablesOfSmallNumbers: readonly string[] = ["gi", "gu", "gt"]

/** A value of a column that is not like its type's others, or nothing. */
export function columnValue(table: string, column: string, random: Random): GoldenValue | undefined {
  const make = columns[`${table}.${column}`]
  if (make) return make(random)
  if (tablesOfSmallNumbers.includes(table) && (column === "x" || column === "y"))
    return random() < 0.05 ? null : whole(random, -1000, 1000)
  return undefined
}
