import type { DataType as ArrowType, Bool, DateDay, Int32, Int64, List, Map_, Struct, Utf8 } from "apache-arrow/type"
import type { BooleanColumn, Column, StringColumn } from "./column.ts"
import { unresolvedOf } from "./column-expression.ts"
import { type Count, call, column, type Text } from "./function-call.ts"
import type { Unresolved } from "./plan/expression.ts"
import type { CommonOf, Integer, Operand, TypedColumn } from "./schema/type-rules.ts"

/** Elements of an array, or entries of a map; null of null. */
export function size(value: TypedColumn<List> | TypedColumn<Map_>): Column<Int32> {
  return call("size", value)
}

/** An array of the values. */
export function array<T extends ArrowType, const R extends readonly Operand<T>[]>(
  first: TypedColumn<T>,
  ...rest: R
): Column<List<CommonOf<T, R>>> {
  return call("array", first, ...rest)
}

/** Whether the array has the value; null where it has not, but has a null. */
export function arrayContains<T extends ArrowType>(values: TypedColumn<List<T>>, value: Operand<T>): BooleanColumn {
  return call<Bool>("array_contains", values, value)
}

/** Place of the first such element, from 1; 0 where there is none. */
export function arrayPosition<T extends ArrowType>(values: TypedColumn<List<T>>, value: Operand<T>): Column<Int64> {
  return call("array_position", values, value)
}

/** Without the elements that are this value. */
export function arrayRemove<T extends ArrowType>(values: TypedColumn<List<T>>, value: Operand<T>): Column<List<T>> {
  return call("array_remove", values, value)
}

/** Each element once. */
export function arrayDistinct<T extends ArrowType>(values: TypedColumn<List<T>>): Column<List<T>> {
  return call("array_distinct", values)
}

/** Without its nulls. */
export function arrayCompact<T extends ArrowType>(values: TypedColumn<List<T>>): Column<List<T>> {
  return call("array_compact", values)
}

/** The elements of either, each once. */
export function arrayUnion<T extends ArrowType>(a: TypedColumn<List<T>>, b: TypedColumn<List<T>>): Column<List<T>> {
  return call("array_union", a, b)
}

/** The elements of both, each once. */
export function arrayIntersect<T extends ArrowType>(a: TypedColumn<List<T>>, b: TypedColumn<List<T>>): Column<List<T>> {
  return call("array_intersect", a, b)
}

/** The elements of the first that the second has not, each once. */
export function arrayExcept<T extends ArrowType>(a: TypedColumn<List<T>>, b: TypedColumn<List<T>>): Column<List<T>> {
  return call("array_except", a, b)
}

/** The greatest element, nulls left out. */
export function arrayMax<T extends ArrowType>(values: TypedColumn<List<T>>): Column<T> {
  return call("array_max", values)
}

/** The least element, nulls left out. */
export function arrayMin<T extends ArrowType>(values: TypedColumn<List<T>>): Column<T> {
  return call("array_min", values)
}

/** Sorted, ascending with nulls first or descending with nulls last. */
export function sortArray<T extends ArrowType>(values: TypedColumn<List<T>>, ascending = true): Column<List<T>> {
  return call("sort_array", values, ascending)
}

/** The texts joined, nulls left out. */
export function arrayJoin(values: TypedColumn<List<Utf8>>, separator: string): StringColumn {
  return call<Utf8>("array_join", values, separator)
}

/** The elements of the arrays in an array. */
export function flatten<T extends ArrowType>(values: TypedColumn<List<List<T>>>): Column<List<T>> {
  return call("flatten", values)
}

export function mapKeys<K extends ArrowType, V extends ArrowType>(map: TypedColumn<Map_<K, V>>): Column<List<K>> {
  return call("map_keys", map)
}

export function mapValues<K extends ArrowType, V extends ArrowType>(map: TypedColumn<Map_<K, V>>): Column<List<V>> {
  return call("map_values", map)
}

export function mapContainsKey<K extends ArrowType, V extends ArrowType>(
  map: TypedColumn<Map_<K, V>>,
  key: Operand<K>,
): BooleanColumn {
  return call<Bool>("map_contains_key", map, key)
}

/** A struct of named columns: `struct({ x: f.a, y: f.b })`. */
export function struct<O extends { readonly [name: string]: TypedColumn }>(
  fields: O,
): Column<Struct<{ [K in keyof O & string]: O[K] extends TypedColumn<infer T> ? T : never }>> {
  const pairs = Object.entries(fields).flatMap(([name, value]): readonly Unresolved[] => [
    { kind: "literal", value: name, type: { kind: "string" } },
    unresolvedOf(value),
  ])
  return column({ kind: "call", name: "named_struct", args: pairs })
}

/** The element at a place, from 1 or from the end; fails when it runs where there is none. */
export function elementAt<T extends ArrowType>(values: TypedColumn<List<T>>, place: Count): Column<T> {
  return call("element_at", values, place)
}

/** The element at a place, from 1 or from the end; null where there is none. */
export function tryElementAt<T extends ArrowType>(values: TypedColumn<List<T>>, place: Count): Column<T> {
  return call("try_element_at", values, place)
}

/** The element at an index, from 0; null where there is none. */
export function get<T extends ArrowType>(values: TypedColumn<List<T>>, index: Count): Column<T> {
  return call("get", values, index)
}

/** `length` elements from a place, from 1 or from the end. */
export function slice<T extends ArrowType>(values: TypedColumn<List<T>>, start: Count, length: Count): Column<List<T>> {
  return call("slice", values, start, length)
}

/** With a value at the end. */
export function arrayAppend<T extends ArrowType>(values: TypedColumn<List<T>>, value: Operand<T>): Column<List<T>> {
  return call("array_append", values, value)
}

/** With a value at the begin. */
export function arrayPrepend<T extends ArrowType>(values: TypedColumn<List<T>>, value: Operand<T>): Column<List<T>> {
  return call("array_prepend", values, value)
}

/** With a value at a place, from 1 or from the end; what lies between is filled with nulls. */
export function arrayInsert<T extends ArrowType>(
  values: TypedColumn<List<T>>,
  place: Count,
  value: Operand<T>,
): Column<List<T>> {
  return call("array_insert", values, place, value)
}

/** Sorted, ascending with nulls last. */
export function arraySort<T extends ArrowType>(values: TypedColumn<List<T>>): Column<List<T>> {
  return call("array_sort", values)
}

/** The value, so many times. */
export function arrayRepeat<T extends ArrowType>(value: TypedColumn<T>, times: Count): Column<List<T>> {
  return call("array_repeat", value, times)
}

/** Whether they share a value; null where they do not, and one has a null. */
export function arraysOverlap<T extends ArrowType>(a: TypedColumn<List<T>>, b: TypedColumn<List<T>>): BooleanColumn {
  return call<Bool>("arrays_overlap", a, b)
}

/** The numbers from the start to the stop, both included; down where the stop is less. */
export function sequence<T extends Integer>(
  start: TypedColumn<T>,
  stop: TypedColumn<T>,
  step?: TypedColumn<Integer> | number,
): Column<List<T>> {
  return call("sequence", start, stop, step)
}

/** The days from the start to the stop, both included; down where the stop is before. */
export function sequenceDays(start: TypedColumn<DateDay>, stop: TypedColumn<DateDay>): Column<List<DateDay>> {
  return call("sequence", start, stop)
}

/** A map of these keys with these values, by their places. */
export function mapFromArrays<K extends ArrowType, V extends ArrowType>(
  keys: TypedColumn<List<K>>,
  values: TypedColumn<List<V>>,
): Column<Map_<K, V>> {
  return call<Map_<K, V>>("map_from_arrays", keys, values)
}

/** The entries of a map, as structs of `key` and `value`. */
export function mapEntries<K extends ArrowType, V extends ArrowType>(
  map: TypedColumn<Map_<K, V>>,
): Column<List<Struct<{ key: K; value: V }>>> {
  return call("map_entries", map)
}

/** A map of structs of `key` and `value`. */
export function mapFromEntries<K extends ArrowType, V extends ArrowType>(
  entries: TypedColumn<List<Struct<{ key: K; value: V }>>>,
): Column<Map_<K, V>> {
  return call<Map_<K, V>>("map_from_entries", entries)
}

/** The entries of all; a key that two of them have fails when it runs. */
export function mapConcat<K extends ArrowType, V extends ArrowType>(
  first: TypedColumn<Map_<K, V>>,
  ...others: readonly TypedColumn<Map_<K, V>>[]
): Column<Map_<K, V>> {
  return call<Map_<K, V>>("map_concat", first, ...others)
}

/** A map of the pairs of a text: `a:1,b:2`, with other delimiters where they are given. */
export function strToMap(text: Text, between?: string, within?: string): Column<Map_<Utf8, Utf8>> {
  return call<Map_<Utf8, Utf8>>("str_to_map", text, between, within)
}

/** A map of keys and values in turn: `createMap(lit("a"), f.x, lit("b"), f.y)`. */
export function createMap<K extends ArrowType, V extends ArrowType>(
  key: TypedColumn<K>,
  value: TypedColumn<V>,
  ...more: readonly (TypedColumn<K> | TypedColumn<V>)[]
): Column<Map_<K, V>> {
  return call<Map_<K, V>>("map", key, value, ...more)
}

export { size as arraySize, size as cardinality }
