import { FrameError } from "../errors/frame-error.ts"
import type { Unresolved } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import { date, timestamp, timestampNtz } from "../schema/type-family.ts"
import { unsupported } from "./signature.ts"

/** Gives undefined where a call stays as it is. */
type Rewrite = (args: readonly Unresolved[], name: string) => Unresolved | undefined

function call(name: string, ...args: readonly Unresolved[]): Unresolved {
  return { kind: "call", name, args }
}

function take<N extends number>(args: readonly Unresolved[], name: string, count: N): readonly Unresolved[] {
  if (args.length === count) return args
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `'${name}' was called with ${args.length} argument${args.length === 1 ? "" : "s"}.`,
    why: `It takes ${count}.`,
    fix: "Add or take away arguments.",
    details: { function: name, given: args.length },
  })
}

const nothing: Unresolved = { kind: "literal", value: null }
const zero: Unresolved = { kind: "literal", value: 0 }

function when(condition: Unresolved, value: Unresolved, otherwise: Unresolved): Unresolved {
  return { kind: "case", branches: [[condition, value]], otherwise }
}

/** Rewrites a call with a fixed number of arguments. */
function of(count: number, rewrite: (...args: Unresolved[]) => Unresolved): Rewrite {
  return (args, name) => rewrite(...take(args, name, count))
}

/** Without a format it is a cast; with one, a function of its own. */
function dateOf(name: string, type: DataType, mode: "ansi" | "try"): Rewrite {
  return args => {
    const [input, format] = args
    if (input && format) return call(`${name}_format`, input, format)
    return { kind: "cast", input: take(args, name, 1)[0] ?? nothing, type, mode }
  }
}

const fields: { readonly [field: string]: string } = {
  year: "year",
  quarter: "quarter",
  month: "month",
  week: "weekofyear",
  day: "dayofmonth",
  dayofweek: "dayofweek",
  dow: "dayofweek",
  doy: "dayofyear",
  hour: "hour",
  minute: "minute",
  second: "date_part_second",
}

function fieldFunction(field: Unresolved): string {
  const name = field.kind === "literal" ? String(field.value).toLowerCase().replace(/s$/, "") : ""
  const found = fields[name]
  if (found) return found
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `'${name}' is not a field that date_part or extract gives.`,
    why: `The fields are ${Object.keys(fields).join(", ")}.`,
    fix: "Use one of these.",
    details: { field: name },
  })
}

/** The run's `now`: one instant for all steps of a run. It is bound as the parameter `run.now`. */
const now: Unresolved = { kind: "parameter", name: "run.now", type: timestamp }

/** `first(x, true)` leaves nulls out: a function of its own. */
function ignoringNulls(name: string): Rewrite {
  return ([input, ignore]) => {
    if (!input || ignore?.kind !== "literal" || typeof ignore.value !== "boolean") return undefined
    return call(ignore.value ? `${name}_ignore_nulls` : name, input)
  }
}

/** `decode(x, a, 1, b, 2, otherwise)` compares with each in turn, null with null; `decode(bytes, charset)` is another. */
const decodeValue: Rewrite = args => {
  const [value, ...rest] = args
  if (!value || rest.length < 2) return undefined
  const branches: [Unresolved, Unresolved][] = []
  for (let i = 0; i + 1 < rest.length; i += 2) {
    branches.push([call("<=>", value, rest[i] ?? nothing), rest[i + 1] ?? nothing])
  }
  const otherwise = rest.length % 2 === 1 ? rest.at(-1) : undefined
  return { kind: "case", branches, ...(otherwise ? { otherwise } : {}) }
}

/** A function that no engine's SQL gives with Spark's meaning. */
function refused(why: string, fix: string): Rewrite {
  return (_, name) => {
    throw unsupported(name, why, fix)
  }
}

const otherHash = refused("DuckDB has another hash, so the numbers would differ.", "Use md5(x) or sha2(x, 256).")

/** `WITHIN GROUP (ORDER BY x)` names the values of a percentile, and the order of a list of texts. */
const percentileWithin =
  (name: string): Rewrite =>
  ([share, key, ...more]) => {
    if (!share || key?.kind !== "sort" || more.length > 0) return undefined
    const wanted = key.direction === "asc" ? share : call("-", { kind: "literal", value: 1 }, share)
    return call(name, key.input, wanted)
  }

const listWithin: Rewrite = args => {
  const keys = args.filter(arg => arg.kind === "sort")
  if (keys.length === 0) return undefined
  const values = args.filter(arg => arg.kind !== "sort")
  if (keys.length > 1) throw unsupported("listagg", "It is ordered by several keys.", "Order by one.")
  const [key] = keys
  if (key?.kind !== "sort" || !values[0]) return undefined
  const separator: Unresolved = values[1] ?? { kind: "literal", value: "" }
  return call("listagg_by", values[0], separator, key.input, {
    kind: "literal",
    value: `${key.direction} ${key.nulls}`,
  })
}

/** Functions that are others in disguise: they leave no trace in the plan. */
export const rewrites: { readonly [name: string]: Rewrite } = {
  hash: otherHash,
  xxhash64: otherHash,
  crc32: otherHash,
  conv: refused("DuckDB has no conversion between number bases.", "Use hex(x) or bin(x)."),
  to_number: refused("DuckDB reads no number by a format.", "Replace what is no digit, and cast."),
  try_to_number: refused("DuckDB reads no number by a format.", "Replace what is no digit, and try_cast."),
  decode: decodeValue,
  first: ignoringNulls("first"),
  last: ignoringNulls("last"),
  percentile_cont: percentileWithin("percentile"),
  percentile_disc: percentileWithin("percentile_lowest"),
  listagg: listWithin,
  nvl: of(2, (a, b) => call("coalesce", a, b)),
  ifnull: of(2, (a, b) => call("coalesce", a, b)),
  nvl2: of(3, (a, b, c) => when(call("isnotnull", a), b, c)),
  if: of(3, when),
  nullif: of(2, (a, b) => when(call("=", a, b), nothing, a)),
  nullifzero: of(1, a => when(call("=", a, zero), nothing, a)),
  zeroifnull: of(1, a => call("coalesce", a, zero)),
  equal_null: of(2, (a, b) => call("<=>", a, b)),
  to_date: dateOf("to_date", date, "ansi"),
  try_to_date: dateOf("try_to_date", date, "try"),
  to_timestamp: dateOf("to_timestamp", timestamp, "ansi"),
  try_to_timestamp: dateOf("try_to_timestamp", timestamp, "try"),
  to_timestamp_ntz: of(1, a => ({ kind: "cast", input: a, type: timestampNtz, mode: "ansi" })),
  unix_timestamp: ([input, format]) =>
    input && format ? call("unix_timestamp", call("to_timestamp_format", input, format)) : undefined,
  date_part: of(2, (field, a) => call(fieldFunction(field), a)),
  current_date: of(0, () => ({ kind: "cast", input: now, type: date, mode: "ansi" })),
  current_timestamp: of(0, () => now),
  localtimestamp: of(0, () => ({ kind: "cast", input: now, type: timestampNtz, mode: "ansi" })),
}
