import { FrameError } from "../../../packages/dataframe/src/errors/frame-error.ts"
import { functionTable } from "../../../packages/dataframe/src/function/function-table.ts"
import type { Expression } from "../../../packages/dataframe/src/plan/expression.ts"
import { parseExpression } from "../../../packages/dataframe/src/plan/parse-expression.ts"
import { resolveExpression } from "../../../packages/dataframe/src/plan/resolve-expression.ts"
import type { Column } from "../../../packages/dataframe/src/schema/data-type.ts"
import { randomColumns } from "./random-values.ts"

/** Numbers from 0 up to below a bound, the same for one seed. */
export type Draw = (below: number) => number

export function drawing(seed: number): Draw {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export interface RandomExpression {
  readonly text: string
  readonly expression: Expression
}

/** Functions that are not of their arguments alone, or need a lambda. */
const leftOut = new Set([
  ...["rand", "uuid", "monotonically_increasing_id", "current_date", "current_timestamp", "localtimestamp", "now"],
  ...["transform", "filter", "exists", "forall", "zip_with", "aggregate", "map_filter", "transform_values"],
  ...["transform_keys", "map_zip_with", "grouping", "grouping_id", "getfield", "struct", "from_json"],
])

/** Functions of which the engines' libraries may give the last bits otherwise: nothing is made of their results. */
const approximate = new Set([
  ...["exp", "expm1", "ln", "log", "log10", "log2", "log1p", "pow", "cbrt", "hypot", "degrees", "radians", "cot"],
  ...["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "atan2"],
])

/** How much numbers may differ; undefined for not at all. */
export function toleranceOf(text: string): number | undefined {
  return approximate.has(text.slice(0, text.indexOf("("))) ? 1e-12 : undefined
}

const infix = ["+", "-", "*", "/", "%", "div", "=", "<>", "<", "<=", ">", ">=", "<=>", "and", "or", "&", "|", "^"]
const prefix: { readonly [name: string]: string } = { negative: "- ", positive: "+ ", not: "not ", "~": "~ " }
const castTypes = [
  ...["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(9,2)", "decimal(38,10)"],
  ...["decimal(5,0)", "decimal(20,18)", "string", "binary", "date", "timestamp", "timestamp_ntz", "array<string>"],
  ...["array<bigint>", "map<string,string>"],
]

const units = ["'year'", "'quarter'", "'month'", "'week'", "'day'", "'hour'", "'minute'", "'second'", "'millisecond'"]
const patterns = [
  "'yyyy-MM-dd'",
  "'dd.MM.yyyy HH:mm:ss'",
  "'yyyy/M/d'",
  "'HH:mm'",
  "'MMM d, yyyy'",
  "'EEEE'",
  "'D'",
  "'yyyyMMdd'",
  "'yyyy-MM-dd HH:mm:ss.SSS'",
]
const zones = ["'UTC'", "'Europe/Berlin'", "'America/New_York'", "'Asia/Kolkata'", "'+05:30'"]
const regexes = ["'a'", "'[a-z]+'", "'(a)(b)?'", "'^.'", "'\\\\d+'", "'b+'", "','"]
const times = ["dt", "eu", "ts", "tu", "ntz"]
const few = ["n", "0", "1", "2", "-1", "3"]
const texts = ["s", "u", "'a'", "'ß'", "''", "' '", "','"]
const digits = ["0", "1", "2", "-1", "-2", "5"]

/** What a parameter is drawn from, where any value would seldom do, or would make values of any size. */
const parameters: { readonly [name: string]: readonly (readonly string[])[] } = {
  date_trunc: [units, ["ts", "tu", "dt", "ntz"]],
  trunc: [["dt", "eu"], units],
  date_part: [[...units, "'dow'", "'doy'", "'isoyear'"], times],
  next_day: [
    ["dt", "eu"],
    ["'mon'", "'SU'", "'friday'", "s"],
  ],
  date_format: [times, patterns],
  to_date: [["s", "u", "ts", "ntz"], patterns],
  try_to_date: [["s", "u"], patterns],
  to_timestamp: [["s", "u"], patterns],
  try_to_timestamp: [["s", "u"], patterns],
  unix_timestamp: [["s", "u", "ts", "dt"], patterns],
  from_unixtime: [["i32", "j32", "n"], patterns],
  from_utc_timestamp: [["ts", "tu", "ntz"], zones],
  to_utc_timestamp: [["ts", "tu", "ntz"], zones],
  convert_timezone: [zones, zones, ["ntz"]],
  timestampadd: [
    ["year", "month", "day", "hour", "second", "week", "microsecond"],
    ["n", "i8"],
    ["ts", "ntz", "dt"],
  ],
  timestampdiff: [
    ["year", "month", "day", "hour", "second", "week", "microsecond"],
    ["ts", "ntz"],
    ["tu", "ntz"],
  ],
  add_months: [
    ["dt", "eu", "ts"],
    ["n", "i8", "i16"],
  ],
  date_add: [
    ["dt", "eu"],
    ["n", "i8", "i16"],
  ],
  date_sub: [
    ["dt", "eu"],
    ["n", "i8", "i16"],
  ],
  make_date: [
    ["i16", "2024", "n"],
    ["n", "2", "12"],
    ["n", "29", "31"],
  ],
  make_timestamp: [
    ["i16", "2024"],
    ["n", "3"],
    ["n", "31"],
    ["n", "2"],
    ["n", "30"],
    ["1.5", "n", "60"],
  ],
  repeat: [["s", "u"], few],
  space: [few],
  lpad: [["s", "u", "bin"], few, texts],
  rpad: [["s", "u", "bin"], few, texts],
  array_repeat: [["s", "n", "f64", "ai"], few],
  array_insert: [["ai"], few, ["n", "i32"]],
  sequence: [
    ["n", "i8"],
    ["n", "3"],
    ["1", "2", "-1"],
  ],
  substring: [["s", "u", "bin"], few, few],
  substring_index: [["s", "u"], ["','", "'a'", "'.'", "u"], few],
  split_part: [["s", "u"], ["','", "'a'", "'.'", "u"], few],
  overlay: [["s", "u"], ["u", "'x'"], few, few],
  split: [["s", "u"], regexes, few],
  rlike: [
    ["s", "u"],
    [...regexes, "'.$'"],
  ],
  like: [
    ["s", "u"],
    ["'a%'", "'%b_'", "'\\\\%'", "u"],
  ],
  ilike: [
    ["s", "u"],
    ["'a%'", "'%B_'"],
  ],
  regexp_extract: [["s", "u"], regexes, ["0", "1"]],
  regexp_extract_all: [["s", "u"], regexes, ["0"]],
  regexp_replace: [["s", "u"], regexes, ["'x'", "''", "'<$0>'"]],
  regexp_instr: [["s", "u"], regexes],
  regexp_count: [["s", "u"], regexes],
  regexp_substr: [["s", "u"], regexes],
  round: [["f64", "f32", "d9", "d18", "d38", "i32", "i64", "i8"], digits],
  bround: [["f64", "d9", "d18", "i32"], digits],
  ceil: [["f64", "d9", "d38", "i32"], digits],
  floor: [["f64", "d9", "d38", "i32"], digits],
  format_number: [
    ["f64", "d9", "i64", "i32"],
    ["0", "2", "n"],
  ],
  format_string: [["'%s|%5d'", "'%-5s%05d'"], ["s"], ["i32", "i64"]],
  encode: [
    ["s", "u"],
    ["'UTF-8'", "'UTF-16BE'", "'US-ASCII'", "'ISO-8859-1'"],
  ],
  decode: [["bin"], ["'UTF-8'", "'ISO-8859-1'"]],
  sha2: [["s", "bin"], ["256"]],
  get_json_object: [
    ["s", "u"],
    ["'$.a'", "'$.b[0]'", "'$'"],
  ],
  str_to_map: [
    ["s", "u"],
    ["';'", "','"],
    ["'='", "':'"],
  ],
  width_bucket: [
    ["f64", "d9", "i32"],
    ["0", "-1.5"],
    ["10", "100.5"],
    ["n", "4"],
  ],
  slice: [["ai", "as_", "ad"], few, few],
  element_at: [
    ["ai", "as_", "m"],
    [...few, "'a'"],
  ],
  try_element_at: [
    ["ai", "as_", "m"],
    [...few, "'a'"],
  ],
  get: [["ai", "as_"], few],
  getitem: [["ai", "as_"], few],
  shiftleft: [
    ["i32", "i64", "n"],
    ["n", "i8"],
  ],
  shiftright: [
    ["i32", "i64", "n"],
    ["n", "i8"],
  ],
  elt: [few, texts, texts],
  factorial: [["n", "i8"]],
  array_join: [["as_", "ai"], texts, texts],
  mask: [["s", "u"]],
  translate: [
    ["s", "u"],
    ["'ab'", "u"],
    ["'x'", "u"],
  ],
  levenshtein: [["s", "u"], ["u", "'abc'"], few],
  named_struct: [["'p'"], ["s", "n", "f64"], ["'q'"], ["dt", "ai"]],
  map: [
    ["'k'", "n"],
    ["n", "f64"],
  ],
  map_from_arrays: [
    ["as_", "ai"],
    ["ai", "ad"],
  ],
  to_json: [["st", "m", "ai", "ad"]],
}

const names = Object.entries(functionTable).flatMap(([name, { kind }]) =>
  kind === "scalar" && !leftOut.has(name) ? [name] : [],
)

export const randomSchema: { readonly columns: readonly Column[] } = {
  columns: randomColumns.map(({ name, type }) => ({ name, type: typeOf(type) })),
}

function typeOf(type: string): Column["type"] {
  const parsed = resolveExpression(parseExpression(`CAST(NULL AS ${type})`), { columns: [] })
  return parsed.type
}

const anyArgument = [
  ...randomColumns.map(({ name }) => name),
  "NULL",
  "1",
  "0",
  "-1",
  "1.5",
  "1e0",
  "'a'",
  "true",
  "date'2024-02-29'",
]

/** An expression over the random table, that the plan takes. */
export function randomExpression(draw: Draw): RandomExpression {
  for (;;) {
    const text = draw(5) === 0 ? castText(draw) : callText(draw, names[draw(names.length)] ?? "")
    const expression = resolved(text)
    if (expression) return { text, expression }
  }
}

/** An expression of a text. @throws FrameError where the plan refuses it */
export function expressionOf(text: string): RandomExpression {
  return { text, expression: resolveExpression(parseExpression(text), randomSchema) }
}

function resolved(text: string): Expression | undefined {
  try {
    return resolveExpression(parseExpression(text), randomSchema)
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}

function castText(draw: Draw): string {
  return `${draw(3) === 0 ? "try_cast" : "cast"}(${argument(draw)} AS ${pick(draw, castTypes)})`
}

function callText(draw: Draw, name: string): string {
  const from = parameters[name]
  if (from) {
    const count = from.length - (draw(4) === 0 ? 1 : 0)
    return `${name}(${from
      .slice(0, Math.max(1, count))
      .map(some => pick(draw, some))
      .join(", ")})`
  }
  if (infix.includes(name)) return `(${argument(draw)} ${name} ${argument(draw)})`
  if (prefix[name]) return `(${prefix[name]}${argument(draw)})`
  if (name === "in") return `(${argument(draw)} in (${argument(draw)}, ${argument(draw)}))`
  if (name === "between") return `(${argument(draw)} between ${argument(draw)} and ${argument(draw)})`
  return `${name}(${Array.from({ length: draw(4) }, () => argument(draw)).join(", ")})`
}

/** A column or a literal; sometimes what a function makes of some. */
function argument(draw: Draw): string {
  if (draw(6) > 0) return pick(draw, anyArgument)
  const name = pick(draw, names)
  const text = callText(draw, name)
  return !approximate.has(name) && resolved(text) ? text : pick(draw, anyArgument)
}

function pick<T>(draw: Draw, from: readonly T[]): T {
  return from[draw(from.length)] as T // none of the lists is empty
}
