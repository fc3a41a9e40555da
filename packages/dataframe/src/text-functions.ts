import type { Binary, Bool, Int32, List, Utf8 } from "apache-arrow/type"
import type { BooleanColumn, Column, StringColumn } from "./column.ts"
import { type Count, call, type Text } from "./function-call.ts"
import type { Integer, Numeric, TypedColumn } from "./schema/type-rules.ts"

/** Texts joined; null where one is null. */
export function concat(...texts: readonly Text[]): StringColumn {
  return call<Utf8>("concat", ...texts)
}

/** Texts joined with a separator, nulls left out. */
export function concatWs(separator: Text, ...texts: readonly Text[]): StringColumn {
  return call<Utf8>("concat_ws", separator, ...texts)
}

export function upper(text: Text): StringColumn {
  return call<Utf8>("upper", text)
}

export function lower(text: Text): StringColumn {
  return call<Utf8>("lower", text)
}

/** Each word with a capital first, the rest small. */
export function initcap(text: Text): StringColumn {
  return call<Utf8>("initcap", text)
}

/** Without the characters at both ends, blanks when none are given. */
export function trim(text: Text, characters?: Text): StringColumn {
  return call<Utf8>("trim", text, characters)
}

export function ltrim(text: Text, characters?: Text): StringColumn {
  return call<Utf8>("ltrim", text, characters)
}

export function rtrim(text: Text, characters?: Text): StringColumn {
  return call<Utf8>("rtrim", text, characters)
}

/** Characters of a text, bytes of a binary. */
export function length(value: Text | TypedColumn<Binary>): Column<Int32> {
  return call("length", value)
}

/** `length` characters from `start`; the first character is 1, negative counts from the end. */
export function substring(text: Text, start: Count, length: Count): StringColumn {
  return call<Utf8>("substring", text, start, length)
}

/** Filled on the left, or cut, to a length. */
export function lpad(text: Text, length: Count, pad: Text): StringColumn {
  return call<Utf8>("lpad", text, length, pad)
}

/** Filled on the right, or cut, to a length. */
export function rpad(text: Text, length: Count, pad: Text): StringColumn {
  return call<Utf8>("rpad", text, length, pad)
}

/** Each occurrence of `search` replaced, taken away when no replacement is given. */
export function replace(text: Text, search: Text, replacement?: Text): StringColumn {
  return call<Utf8>("replace", text, search, replacement)
}

/** Place of the first occurrence, from 1; 0 when there is none. */
export function instr(text: Text, search: Text): Column<Int32> {
  return call("instr", text, search)
}

/** Each match of a regular expression replaced; `$1` is its first group. */
export function regexpReplace(text: Text, pattern: string, replacement: string): StringColumn {
  return call<Utf8>("regexp_replace", text, pattern, replacement)
}

/** A group of the first match; empty text when nothing matches. Default group 1. */
export function regexpExtract(text: Text, pattern: string, group = 1): StringColumn {
  return call<Utf8>("regexp_extract", text, pattern, group)
}

/** The parts between matches of a regular expression, at most `limit` of them when it is positive. */
export function split(text: Text, pattern: string, limit?: number): Column<List<Utf8>> {
  return call("split", text, pattern, limit)
}

/** MD5 of a text's UTF-8 or of bytes, in hex. */
export function md5(value: Text | TypedColumn<Binary>): StringColumn {
  return call<Utf8>("md5", value)
}

/** The first characters. */
export function left(text: Text, length: Count): StringColumn {
  return call<Utf8>("left", text, length)
}

/** The last characters. */
export function right(text: Text, length: Count): StringColumn {
  return call<Utf8>("right", text, length)
}

export function repeat(text: Text, times: Count): StringColumn {
  return call<Utf8>("repeat", text, times)
}

/** The characters from the last to the first. */
export function reverse(text: Text): StringColumn {
  return call<Utf8>("reverse", text)
}

/** Each character of `from` replaced by the one at its place in `to`, taken away where `to` has none. */
export function translate(text: Text, from: string, to: string): StringColumn {
  return call<Utf8>("translate", text, from, to)
}

/** Code point of the first character. */
export function ascii(text: Text): Column<Int32> {
  return call("ascii", text)
}

/** The part before the `part`-th delimiter, from 1, negative from the end; empty text where there is none. */
export function splitPart(text: Text, delimiter: Text, part: Count): StringColumn {
  return call<Utf8>("split_part", text, delimiter, part)
}

/** How often a regular expression matches. */
export function regexpCount(text: Text, pattern: string): Column<Int32> {
  return call("regexp_count", text, pattern)
}

/** A group of every match. Default group 1. */
export function regexpExtractAll(text: Text, pattern: string, group = 1): Column<List<Utf8>> {
  return call("regexp_extract_all", text, pattern, group)
}

/** The first match; null where nothing matches. */
export function regexpSubstr(text: Text, pattern: string): StringColumn {
  return call<Utf8>("regexp_substr", text, pattern)
}

/** Bytes of a text's UTF-8, or of a binary. */
export function octetLength(value: Text | TypedColumn<Binary>): Column<Int32> {
  return call("octet_length", value)
}

/** SHA-1 of a text's UTF-8 or of bytes, in hex. */
export function sha1(value: Text | TypedColumn<Binary>): StringColumn {
  return call<Utf8>("sha1", value)
}

/** A whole number, or the bytes of a text or a binary, in hex. */
export function hex(value: Text | TypedColumn<Binary> | TypedColumn<Integer>): StringColumn {
  return call<Utf8>("hex", value)
}

/** Without these characters at both ends, blanks when none are given. */
export function btrim(text: Text, characters?: Text): StringColumn {
  return call<Utf8>("btrim", text, characters)
}

/** The place of the first match of a pattern, from 1; 0 where there is none. */
export function regexpInstr(text: Text, pattern: string): Column<Int32> {
  return call("regexp_instr", text, pattern)
}

/** Whether a regular expression matches a part of the text. */
export function rlike(text: Text, pattern: string): BooleanColumn {
  return call<Bool>("rlike", text, pattern)
}

/** SQL's LIKE: `%` any text, `_` any one character. */
export function like(text: Text, pattern: string, escapeBy?: string): BooleanColumn {
  return call<Bool>("like", text, pattern, escapeBy)
}

/** LIKE without regard to case. */
export function ilike(text: Text, pattern: string, escapeBy?: string): BooleanColumn {
  return call<Bool>("ilike", text, pattern, escapeBy)
}

export function contains(text: Text, part: Text): BooleanColumn {
  return call<Bool>("contains", text, part)
}

export function startswith(text: Text, begin: Text): BooleanColumn {
  return call<Bool>("startswith", text, begin)
}

export function endswith(text: Text, end: Text): BooleanColumn {
  return call<Bool>("endswith", text, end)
}

/** The place of a part from a place on, both from 1; 0 where it is not found. */
export function locate(part: Text, text: Text, from?: Count): Column<Int32> {
  return call("locate", part, text, from)
}

/** The place of a part from a place on, both from 1; 0 where it is not found. */
export function position(part: Text, text: Text, from?: Count): Column<Int32> {
  return call("position", part, text, from)
}

/** How many characters must be changed, added or taken away to make one of the other. */
export function levenshtein(a: Text, b: Text): Column<Int32> {
  return call("levenshtein", a, b)
}

/** Four characters for how an English word sounds. */
export function soundex(text: Text): StringColumn {
  return call<Utf8>("soundex", text)
}

/** The text at a place of a list, from 1; fails when it runs where there is none. */
export function elt(place: Count, ...texts: readonly [Text, ...Text[]]): StringColumn {
  return call<Utf8>("elt", place, ...texts)
}

/** What stands before the `count`-th delimiter, counted from the end where `count` is negative. */
export function substringIndex(text: Text, delimiter: Text, count: Count): StringColumn {
  return call<Utf8>("substring_index", text, delimiter, count)
}

/** The text with a part of it replaced, from a place on; as long as the replacement where no length is given. */
export function overlay(text: Text, replacement: Text, from: Count, length?: Count): StringColumn {
  return call<Utf8>("overlay", text, replacement, from, length)
}

/** The place of a text in a list that commas part, from 1; 0 where it is not. */
export function findInSet(text: Text, list: Text): Column<Int32> {
  return call("find_in_set", text, list)
}

/** The character of a code. */
export function char(code: Count): StringColumn {
  return call<Utf8>("chr", code)
}

export function bitLength(text: Text): Column<Int32> {
  return call("bit_length", text)
}

/** The bytes of a text. */
export function encode(text: Text, charset: "UTF-8" = "UTF-8"): Column<Binary> {
  return call("encode", text, charset)
}

/** The text of bytes. */
export function decode(bytes: TypedColumn<Binary>, charset: "UTF-8" = "UTF-8"): StringColumn {
  return call<Utf8>("decode", bytes, charset)
}

export function base64(value: TypedColumn<Binary> | Text): StringColumn {
  return call<Utf8>("base64", value)
}

export function unbase64(text: Text): Column<Binary> {
  return call("unbase64", text)
}

export function unhex(text: Text): Column<Binary> {
  return call("unhex", text)
}

/** SHA-2 of 256 bits, in hex. */
export function sha2(value: TypedColumn<Binary> | Text, bits: 256 | 0 = 256): StringColumn {
  return call<Utf8>("sha2", value, bits)
}

export function urlEncode(text: Text): StringColumn {
  return call<Utf8>("url_encode", text)
}

/** The text with its letters and digits replaced: capitals by X, small ones by x, digits by n. */
export function mask(text: Text): StringColumn {
  return call<Utf8>("mask", text)
}

/** The text between single quotes, as SQL writes it. */
export function quote(text: Text): StringColumn {
  return call<Utf8>("quote", text)
}

/** A text by Java's format, with %d, %s, %f and %x: `formatString("%s: %05d", f.name, f.n)`. */
export function formatString(format: string, ...values: readonly TypedColumn[]): StringColumn {
  return call<Utf8>("format_string", format, ...values)
}

/** A number in groups of thousands, half to even: `1,234.57`. */
export function formatNumber(value: TypedColumn<Numeric>, digits: number): StringColumn {
  return call<Utf8>("format_number", value, digits)
}

export {
  formatString as printf,
  length as charLength,
  length as characterLength,
  lower as lcase,
  rlike as regexp,
  rlike as regexpLike,
  substring as substr,
  upper as ucase,
}
