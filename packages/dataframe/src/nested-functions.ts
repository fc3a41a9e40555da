import type { DataType as ArrowType, Bool, Int32, Int64, List, Map_, Utf8 } from "apache-arrow/type"
import type { BooleanColumn, Column, StringColumn } from "./column.ts"
import { call } from "./function-call.ts"
import type { CommonOf, Operand, TypedColumn } from "./schema/type-rules.ts"

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
