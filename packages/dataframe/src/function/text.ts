import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { type FunctionEntry, type PrintedCall, type ScalarForm, scalar, type TypeRule } from "./function-entry.ts"
import { castOf, mismatch, unified } from "./implicit-cast.ts"
import { patternFunctions } from "./pattern.ts"
import { arg, castCall, input, joinedTexts, once, raise, unlessNull } from "./printed-call.ts"
import {
  argument,
  bytes,
  int,
  literalOf,
  type Parameter,
  requireInteger,
  requireText,
  takes,
  text,
  textOrBytes,
  unsupported,
} from "./signature.ts"
import { invoke, join, type Sql, sql, textLiteral } from "./sql-fragment.ts"

const textToText = takes([text], types.string)

const wholeOrText: Parameter = {
  label: "a whole number, a string or a binary",
  accept: input => {
    const { kind } = input.type
    return types.isIntegral(input.type) || kind === "binary" || kind === "string" || kind === "void" ? input : undefined
  },
}

/** `trim` and its like: blanks only, unless characters are given. */
function trimmed(name: "trim" | "rtrim"): ScalarForm {
  return call => invoke(name, arg(call, 0), call.args[1] ?? textLiteral(" "))
}

/** Few texts begin with a blank, and to look is far cheaper. */
function trimmedAtStart(call: PrintedCall): Sql {
  const characters = call.args[1]
  if (characters) return invoke("ltrim", arg(call, 0), characters)
  return once(arg(call, 0), s => sql`CASE WHEN starts_with(${s}, ' ') THEN ltrim(${s}, ' ') ELSE ${s} END`)
}

const trimRule = takes([text, text], types.string, { optional: 1 })

/** `concat`: null when one part is; arrays are joined. */
const concatRule: TypeRule = (args, name) => {
  if (args.some(a => a.type.kind === "array")) {
    const cast = unified(args, name)
    return { args: cast, type: argument(cast, 0).type }
  }
  if (args.length > 0 && args.every(a => a.type.kind === "binary")) return { args, type: types.binary }
  return takes([text], types.string, { variadic: true, optional: 1 })(args, name)
}

function concat(call: PrintedCall): Sql {
  if (call.args.length === 0) return textLiteral("")
  return call.args.length === 1 ? arg(call, 0) : sql`(${join(call.args, sql` || `)})`
}

const concatWsRule: TypeRule = (args, name) => {
  const [separator, ...rest] = args
  if (!separator) throw mismatch(name, args, "there must be a separator")
  const first = takes([text], types.string)([separator], name).args
  const others = rest.map(a => {
    if (a.type.kind === "array") return castOf(a, { kind: "array", element: types.string })
    return argument(takes([text], types.string)([a], name).args, 0)
  })
  return { args: [...first, ...others], type: types.string }
}

function concatWs(call: PrintedCall): Sql {
  const separator = arg(call, 0)
  const parts = call.args.slice(1)
  if (parts.length === 0) return sql`CASE WHEN ${separator} IS NOT NULL THEN '' END`
  if (!call.inputs.some(i => i.type.kind === "array")) return invoke("concat_ws", ...call.args)
  const lists = parts.map((p, i) => (input(call, i + 1).type.kind === "array" ? sql`coalesce(${p}, [])` : sql`[${p}]`))
  const all = lists.reduce((a, b) => sql`list_concat(${a}, ${b})`)
  return sql`CASE WHEN ${separator} IS NOT NULL THEN coalesce(array_to_string(${all}, ${separator}), '') END`
}

function substring(call: PrintedCall): Sql {
  const start = literalOf(input(call, 1))
  const length = call.inputs.length > 2 ? literalOf(input(call, 2)) : 2147483647
  if (typeof start === "number" && start >= 0 && typeof length === "number") {
    if (call.inputs.length === 2) return sql`substring(${arg(call, 0)}, ${Math.max(start, 1)})`
    return sql`substring(${arg(call, 0)}, ${Math.max(start, 1)}, ${Math.max(length, 0)})`
  }
  return invoke("spark_substring", arg(call, 0), arg(call, 1), call.args[2] ?? sql`2147483647`)
}

/** `lpad` and `rpad`: also cut the text. */
function padded(name: "lpad" | "rpad"): ScalarForm {
  return call => invoke(`spark_${name}`, arg(call, 0), arg(call, 1), call.args[2] ?? textLiteral(" "))
}

const padRule = takes([text, int, text], types.string, { optional: 1 })

function located(call: PrintedCall): Sql {
  const [part, whole] = [arg(call, 0), arg(call, 1)]
  if (call.args.length === 2) return sql`CAST(instr(${whole}, ${part}) AS INTEGER)`
  return invoke("spark_locate", part, whole, arg(call, 2))
}

/** A text as UTF-8; no other character set has the same meaning on every engine. */
function utf8(parameters: readonly Parameter[], returns: DataType): TypeRule {
  return (args, name) => {
    const resolution = takes(parameters, returns)(args, name)
    const charset = requireText(resolution.args, 1, name, "character set")
    if (/^utf-?8$/i.test(charset)) return resolution
    throw unsupported(name, `The character set '${charset}' is not the same on every engine.`, "Use 'UTF-8'.")
  }
}

/** Spark reads a string as its bytes here. */
const binaryOf: Parameter = {
  label: "a string or a binary",
  accept: e => (e.type.kind === "binary" ? e : e.type.kind === "string" ? castOf(e, types.binary) : undefined),
}

const sha2Rule: TypeRule = (args, name) => {
  const resolution = takes([textOrBytes, int], types.string)(args, name)
  const bits = requireInteger(resolution.args, 1, name, "number of bits")
  if (bits === 256 || bits === 0) return resolution
  throw unsupported(name, `DuckDB has no SHA-2 of ${bits} bits.`, "Use sha2(x, 256).")
}

const eltRule: TypeRule = (args, name) => takes([int, text], types.string, { variadic: true })(args, name)

/** Texts. */
export const textFunctions = {
  ...patternFunctions,
  upper: scalar(textToText, "spark_upper"),
  lower: scalar(textToText, "spark_lower"),
  initcap: scalar(textToText, "spark_initcap"),
  trim: scalar(trimRule, trimmed("trim"), { spark: call => trimmedBy(sql`BOTH`, call) }),
  ltrim: scalar(trimRule, trimmedAtStart, { spark: call => trimmedBy(sql`LEADING`, call) }),
  rtrim: scalar(trimRule, trimmed("rtrim"), { spark: call => trimmedBy(sql`TRAILING`, call) }),
  btrim: scalar(trimRule, trimmed("trim")),
  length: scalar(takes([textOrBytes], types.int32), call =>
    input(call, 0).type.kind === "binary"
      ? sql`CAST(octet_length(${arg(call, 0)}) AS INTEGER)`
      : sql`CAST(length(${arg(call, 0)}) AS INTEGER)`,
  ),
  octet_length: scalar(takes([textOrBytes], types.int32), call =>
    input(call, 0).type.kind === "binary"
      ? sql`CAST(octet_length(${arg(call, 0)}) AS INTEGER)`
      : sql`CAST(strlen(${arg(call, 0)}) AS INTEGER)`,
  ),
  bit_length: scalar(takes([text], types.int32), castCall("bit_length")),
  substring: scalar(takes([text, int, int], types.string, { optional: 1 }), substring),
  left: scalar(
    takes([text, int], types.string),
    call => sql`CASE WHEN ${arg(call, 1)} IS NOT NULL THEN left(${arg(call, 0)}, greatest(${arg(call, 1)}, 0)) END`,
  ),
  right: scalar(
    takes([text, int], types.string),
    call => sql`CASE WHEN ${arg(call, 1)} IS NOT NULL THEN right(${arg(call, 0)}, greatest(${arg(call, 1)}, 0)) END`,
  ),
  concat: scalar(concatRule, call => (call.type.kind === "array" ? concatArrays(call) : concat(call))),
  concat_ws: scalar(concatWsRule, concatWs),
  lpad: scalar(padRule, padded("lpad")),
  rpad: scalar(padRule, padded("rpad")),
  repeat: scalar(takes([text, int], types.string), "repeat"),
  replace: scalar(takes([text, text, text], types.string, { optional: 1 }), call =>
    invoke("replace", arg(call, 0), arg(call, 1), call.args[2] ?? textLiteral("")),
  ),
  translate: scalar(takes([text, text, text], types.string), "translate"),
  reverse: scalar(textOrArray, call =>
    call.type.kind === "array"
      ? invoke("list_reverse", arg(call, 0))
      : sql`CASE WHEN strlen(${arg(call, 0)}) = length(${arg(call, 0)}) THEN reverse(${arg(call, 0)}) ELSE array_to_string(list_reverse(regexp_extract_all(${arg(call, 0)}, '(?s:.)')), '') END`,
  ),
  instr: scalar(takes([text, text], types.int32), castCall("instr")),
  locate: scalar(takes([text, text, int], types.int32, { optional: 1 }), located),
  position: scalar(takes([text, text, int], types.int32, { optional: 1 }), located),
  contains: scalar(takes([text, text], types.boolean), "contains"),
  // Of `starts_with` DuckDB does not know that it holds for a range of texts, by which a reader leaves out parts of files.
  startswith: scalar(takes([text, text], types.boolean), "prefix"),
  endswith: scalar(takes([text, text], types.boolean), "ends_with"),
  ascii: scalar(takes([text], types.int32), "ascii"),
  chr: scalar(
    takes([int], types.string),
    call => sql`CASE WHEN ${arg(call, 0)} < 0 THEN '' ELSE chr(${arg(call, 0)} & 255) END`,
  ),
  space: scalar(
    takes([int], types.string),
    call => sql`CASE WHEN ${arg(call, 0)} IS NOT NULL THEN repeat(' ', greatest(${arg(call, 0)}, 0)) END`,
  ),
  levenshtein: scalar(takes([text, text], types.int32), "spark_levenshtein"),
  soundex: scalar(textToText, "spark_soundex"),
  elt: scalar(eltRule, call => {
    const [place, ...values] = call.args
    const outside = raise("INVALID_ARRAY_INDEX", call.type)
    return sql`CASE WHEN ${place ?? sql`NULL`} NOT BETWEEN 1 AND ${values.length} THEN ${outside} ELSE [${values}][${place ?? sql`NULL`}] END`
  }),
  split_part: scalar(takes([text, text, int], types.string), splitPart, { revision: 2 }),
  substring_index: scalar(takes([text, text, int], types.string), call => {
    const [s, separator, count] = [arg(call, 0), arg(call, 1), arg(call, 2)]
    const parts = sql`string_split(${s}, ${separator})`
    const joined = (some: Sql) => joinedTexts(some, separator, literalOf(input(call, 1)) !== undefined)
    return sql`CASE WHEN ${s} IS NULL OR ${separator} IS NULL OR ${count} IS NULL THEN NULL WHEN ${count} = 0 OR ${separator} = '' THEN '' WHEN ${count} > 0 THEN ${joined(sql`${parts}[:${count}]`)} ELSE ${joined(sql`${parts}[greatest(len(${parts}) + ${count}, 0) + 1:]`)} END`
  }),
  overlay: scalar(takes([text, text, int, int], types.string, { optional: 1 }), overlay, { revision: 2 }),
  find_in_set: scalar(takes([text, text], types.int32), call => {
    const [part, list] = [arg(call, 0), arg(call, 1)]
    return sql`CASE WHEN ${part} IS NULL OR ${list} IS NULL THEN NULL WHEN contains(${part}, ',') THEN 0 ELSE CAST(coalesce(list_position(string_split(${list}, ','), ${part}), 0) AS INTEGER) END`
  }),
  encode: scalar(utf8([text, text], types.binary), call => invoke("encode", arg(call, 0))),
  decode: scalar(utf8([bytes, text], types.string), call => invoke("decode", arg(call, 0))),
  base64: scalar(takes([binaryOf], types.string), "base64"),
  unbase64: scalar(takes([text], types.binary), unbase64),
  unhex: scalar(takes([text], types.binary), call => {
    const s = arg(call, 0)
    return sql`CASE WHEN regexp_full_match(${s}, '[0-9a-fA-F]*') THEN unhex(CASE WHEN length(${s}) % 2 = 1 THEN '0' || ${s} ELSE ${s} END) END`
  }),
  sha2: scalar(sha2Rule, call => invoke("sha256", arg(call, 0))),
  url_encode: scalar(
    textToText,
    call => sql`replace(replace(replace(url_encode(${arg(call, 0)}), '%20', '+'), '~', '%7E'), '%2A', '*')`,
  ),
  mask: scalar(textToText, "spark_mask"),
  quote: scalar(textToText, call => sql`('''' || replace(${arg(call, 0)}, '''', '\\''') || '''')`),
  md5: scalar(takes([textOrBytes], types.string), "md5"),
  sha1: scalar(takes([textOrBytes], types.string), "sha1"),
  hex: scalar(takes([wholeOrText], types.string), "hex", { revision: 2 }),
} satisfies { readonly [name: string]: FunctionEntry }

/** A length below zero is taken for none. */
function overlay(call: PrintedCall): Sql {
  const [s, part, start] = [arg(call, 0), arg(call, 1), arg(call, 2)]
  const whole = sql`length(${part})`
  const asked = call.args[3]
  const length = asked ? sql`CASE WHEN ${asked} < 0 THEN ${whole} ELSE ${asked} END` : whole
  return sql`(spark_substring(${s}, 1, ${start} - 1) || ${part} || spark_substring(${s}, CAST(${start} + ${length} AS INTEGER), 2147483647))`
}

/** What is parted by the empty text is one part. */
function splitPart(call: PrintedCall): Sql {
  const [place, separator] = [literalOf(input(call, 2)), literalOf(input(call, 1))]
  const parted = invoke("split_part", ...call.args)
  const whole = sql`CASE WHEN abs(${arg(call, 2)}) = 1 THEN ${arg(call, 0)} ELSE '' END`
  const part = separator ? parted : sql`CASE WHEN ${arg(call, 1)} = '' THEN ${whole} ELSE ${parted} END`
  if (typeof place === "number" && place !== 0) return separator ? part : unlessNull(call, part)
  const zero = sql`CASE WHEN ${arg(call, 2)} = 0 THEN ${raise("INVALID_INDEX_OF_ZERO", call.type)} ELSE ${part} END`
  return unlessNull(call, zero)
}

/** What is no digit of base64 is passed over, and the last digits need not be filled up. */
function unbase64(call: PrintedCall): Sql {
  const digits = sql`regexp_replace(regexp_extract(${arg(call, 0)}, '^[^=]*'), '[^A-Za-z0-9+/]', '', 'g')`
  const filled = once(
    digits,
    d => sql`CASE length(${d}) % 4 WHEN 2 THEN ${d} || '==' WHEN 3 THEN ${d} || '=' ELSE ${d} END`,
  )
  return sql`from_base64(${filled})`
}

function trimmedBy(side: Sql, call: PrintedCall): Sql {
  const characters = call.args[1]
  return characters ? sql`trim(${side} ${characters} FROM ${arg(call, 0)})` : sql`trim(${side} FROM ${arg(call, 0)})`
}

function concatArrays(call: PrintedCall): Sql {
  const tests = call.args.map(a => sql`${a} IS NULL`).reduce((a, b) => sql`${a} OR ${b}`)
  return sql`CASE WHEN ${tests} THEN NULL ELSE ${call.args.reduce((a, b) => sql`list_concat(${a}, ${b})`)} END`
}

function textOrArray(args: readonly Expression[], name: string) {
  if (args.length === 1 && args[0]?.type.kind === "array") return { args, type: args[0].type }
  return textToText(args, name)
}
