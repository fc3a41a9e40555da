import type { DataType as ArrowType, Int32, List, Map_, Struct } from "apache-arrow/type"
import type { Column } from "./column.ts"
import { unresolvedOf } from "./column-expression.ts"
import { FrameError } from "./errors/frame-error.ts"
import { column } from "./function-call.ts"
import type { Generator, Unresolved } from "./plan/expression.ts"
import type { Timestamp } from "./schema/t.ts"
import { unitMicros } from "./schema/time-units.ts"
import type { TypedColumn } from "./schema/type-rules.ts"

// What makes several rows of one. It stands at the top of a column of select or withColumn, one in each.

/** The columns of the entries of a map. */
export interface EntryColumns<K extends ArrowType, V extends ArrowType> {
  readonly key: Column<K>
  readonly value: Column<V>
}

/** What a value explodes to: the element of an array, the key and the value of a map. */
export type Exploded<T extends ArrowType> =
  T extends List<infer Element> ? Column<Element> : T extends Map_<infer K, infer V> ? EntryColumns<K, V> : never

/** What a value explodes to together with the place, from 0. */
export type Posexploded<T extends ArrowType> = { readonly pos: Column<Int32> } & (T extends List<infer Element>
  ? { readonly col: Column<Element> }
  : T extends Map_<infer K, infer V>
    ? EntryColumns<K, V>
    : never)

/** A row for each element of an array: `select("id", f => ({ item: explode(f.items) }))`; none for an empty one or null. */
export function explode<T extends List>(value: TypedColumn<T>): Exploded<T> {
  return parts(value, false).element as Exploded<T> // the class gets its typed face
}

/** `explode` that keeps a row, with null, for an empty array and for null. */
export function explodeOuter<T extends List>(value: TypedColumn<T>): Exploded<T> {
  return parts(value, true).element as Exploded<T> // as above
}

/** A row for each entry of a map: `select("id", f => ({ ...explodeEntries(f.prices) }))` has `key` and `value`. */
export function explodeEntries<K extends ArrowType, V extends ArrowType>(
  map: TypedColumn<Map_<K, V>>,
): EntryColumns<K, V> {
  const { key, value } = parts(map, false)
  return { key, value } as EntryColumns<K, V> // as above
}

/** `explodeEntries` that keeps a row, with nulls, for an empty map and for null. */
export function explodeEntriesOuter<K extends ArrowType, V extends ArrowType>(
  map: TypedColumn<Map_<K, V>>,
): EntryColumns<K, V> {
  const { key, value } = parts(map, true)
  return { key, value } as EntryColumns<K, V> // as above
}

/** A row for each element with its place, from 0: `select("id", f => ({ ...posexplode(f.items) }))` has `pos`, `col`. */
export function posexplode<T extends List>(value: TypedColumn<T>): Posexploded<T> {
  const { position: pos, element: col } = parts(value, false)
  return { pos, col } as Posexploded<T> // as above
}

/** `posexplode` that keeps a row, with nulls, for an empty array and for null. */
export function posexplodeOuter<T extends List>(value: TypedColumn<T>): Posexploded<T> {
  const { position: pos, element: col } = parts(value, true)
  return { pos, col } as Posexploded<T> // as above
}

function parts(value: TypedColumn, outer: boolean) {
  const generator: Generator = { source: unresolvedOf(value), outer }
  const part = (name: "position" | "element" | "key" | "value"): unknown =>
    column({ kind: "generated", generator, part: name })
  return { position: part("position"), element: part("element"), key: part("key"), value: part("value") }
}

/** The span of a time window, half-open. */
export type TimeWindow = Struct<{ start: Timestamp; end: Timestamp }>

/**
 * The windows of a length that a time lies in, as a struct of `start` and `end`; a row for each. Without `slide` they
 * follow each other, with it one begins each `slide`. They are counted from 1970; a null time gives no row.
 *
 * @param length `10 minutes`, `1 day`, `7 days`, `90 seconds`
 */
export function window(time: TypedColumn<Timestamp>, length: string, slide: string = length): Column<TimeWindow> {
  const width = microseconds(length)
  const step = microseconds(slide)
  if (step > width) throw wrongDuration(slide, `The windows are ${length} long, and would leave times out.`)
  const at = call("unix_micros", unresolvedOf(time))
  const last = call("-", at, call("pmod", at, micros(step)))
  const starts = Array.from({ length: Math.ceil(width / step) }, (_, i) => call("-", last, micros(i * step)))
  const windows = starts.map((start): Unresolved => {
    const end = call("+", start, micros(width))
    const span = call("named_struct", text("start"), instant(start), text("end"), instant(end))
    // Only where the step is no part of the length the first of them may have ended before.
    return width % step === 0 ? span : { kind: "case", branches: [[call(">", end, at), span]] }
  })
  const list = call("array", ...windows)
  const source = call("array_compact", { kind: "case", branches: [[call("isnotnull", unresolvedOf(time)), list]] })
  return column({ kind: "generated", generator: { source, outer: false }, part: "element" })
}

const call = (name: string, ...args: readonly Unresolved[]): Unresolved => ({ kind: "call", name, args })
const text = (value: string): Unresolved => ({ kind: "literal", value, type: { kind: "string" } })
const micros = (value: number): Unresolved => ({ kind: "literal", value: String(value), type: { kind: "int64" } })
const instant = (value: Unresolved): Unresolved => call("timestamp_micros", value)

function microseconds(duration: string): number {
  const [, count, unit = ""] = /^\s*(\d+)\s*([a-z]+?)s?\s*$/i.exec(duration) ?? []
  const size = unitMicros[unit.toLowerCase()]
  if (size !== undefined && Number(count) > 0) return Number(count) * size
  throw wrongDuration(duration, "It is a whole number of weeks, days, hours, minutes, seconds or less.")
}

function wrongDuration(duration: string, why: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `'${duration}' is no length of a time window here.`,
    why,
    fix: 'Write for one window(f.at, "10 minutes") or window(f.at, "1 hour", "10 minutes").',
  })
}
