import type { DataType as ArrowType, Bool, Int32, List, Map_ } from "apache-arrow/type"
import type { BooleanColumn, Column } from "./column.ts"
import { ColumnExpression, unresolvedOf } from "./column-expression.ts"
import { FrameError } from "./errors/frame-error.ts"
import { call } from "./function-call.ts"
import type { TypedColumn } from "./schema/type-rules.ts"

/** How many callbacks are being called: names their parameters alike in equal plans, and apart in nested ones. */
let depth = 0

/** The lambda that a callback over columns is. */
function lambda(callback: unknown, parameters: number, name: string): ColumnExpression {
  if (typeof callback !== "function") throw noCallback(name)
  depth++
  try {
    const names = Array.from({ length: parameters }, (_, i) => `x${depth}_${i + 1}`)
    const variables = names.map(name => new ColumnExpression({ kind: "variable", name }))
    const body = unresolvedOf((callback as (...variables: readonly unknown[]) => unknown)(...variables))
    return new ColumnExpression({ kind: "lambda", parameters: names, body })
  } finally {
    depth--
  }
}

function noCallback(name: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${name} was given no function.`,
    why: "It computes a value from each element.",
    fix: `Write ${name}(f.items, item => …).`,
  })
}

/** Each element computed anew; the callback gets the element and its place, from 0. */
export function transform<T extends ArrowType, U extends ArrowType>(
  values: TypedColumn<List<T>>,
  compute: (element: Column<T>, index: Column<Int32>) => TypedColumn<U>,
): Column<List<U>> {
  return call("transform", values, lambda(compute, compute.length > 1 ? 2 : 1, "transform"))
}

/** The elements for which the condition is true; the callback gets the element and its place, from 0. */
export function filter<T extends ArrowType>(
  values: TypedColumn<List<T>>,
  condition: (element: Column<T>, index: Column<Int32>) => TypedColumn<Bool>,
): Column<List<T>> {
  return call("filter", values, lambda(condition, condition.length > 1 ? 2 : 1, "filter"))
}

/** Whether the condition is true for an element; null where it is for none, and null for one. */
export function exists<T extends ArrowType>(
  values: TypedColumn<List<T>>,
  condition: (element: Column<T>) => TypedColumn<Bool>,
): BooleanColumn {
  return call<Bool>("exists", values, lambda(condition, 1, "exists"))
}

/** Whether the condition is true for all elements; null where it is false for none, and null for one. */
export function forall<T extends ArrowType>(
  values: TypedColumn<List<T>>,
  condition: (element: Column<T>) => TypedColumn<Bool>,
): BooleanColumn {
  return call<Bool>("forall", values, lambda(condition, 1, "forall"))
}

/** Gathers the elements, one after the other, into one value: `aggregate(f.items, lit(0n), (sum, x) => sum.plus(x))`. */
export function aggregate<T extends ArrowType, A extends ArrowType, R extends ArrowType = A>(
  values: TypedColumn<List<T>>,
  start: TypedColumn<A>,
  merge: (gathered: Column<A>, element: Column<T>) => TypedColumn<A>,
  finish?: (gathered: Column<A>) => TypedColumn<R>,
): Column<R> {
  return call("aggregate", values, start, lambda(merge, 2, "aggregate"), finish && lambda(finish, 1, "aggregate"))
}

/** The elements of two arrays together, by their places; the shorter one is filled with nulls. */
export function zipWith<T extends ArrowType, U extends ArrowType, R extends ArrowType>(
  left: TypedColumn<List<T>>,
  right: TypedColumn<List<U>>,
  merge: (left: Column<T>, right: Column<U>) => TypedColumn<R>,
): Column<List<R>> {
  return call("zip_with", left, right, lambda(merge, 2, "zipWith"))
}

/** The entries for which the condition is true. */
export function mapFilter<K extends ArrowType, V extends ArrowType>(
  map: TypedColumn<Map_<K, V>>,
  condition: (key: Column<K>, value: Column<V>) => TypedColumn<Bool>,
): Column<Map_<K, V>> {
  return call<Map_<K, V>>("map_filter", map, lambda(condition, 2, "mapFilter"))
}

/** The map with other keys; two that become equal fail when it runs. */
export function transformKeys<K extends ArrowType, V extends ArrowType, R extends ArrowType>(
  map: TypedColumn<Map_<K, V>>,
  compute: (key: Column<K>, value: Column<V>) => TypedColumn<R>,
): Column<Map_<R, V>> {
  return call<Map_<R, V>>("transform_keys", map, lambda(compute, 2, "transformKeys"))
}

/** The map with other values. */
export function transformValues<K extends ArrowType, V extends ArrowType, R extends ArrowType>(
  map: TypedColumn<Map_<K, V>>,
  compute: (key: Column<K>, value: Column<V>) => TypedColumn<R>,
): Column<Map_<K, R>> {
  return call<Map_<K, R>>("transform_values", map, lambda(compute, 2, "transformValues"))
}

/** A value for each key of either map; the value of a map that lacks the key is null. */
export function mapZipWith<K extends ArrowType, V extends ArrowType, W extends ArrowType, R extends ArrowType>(
  left: TypedColumn<Map_<K, V>>,
  right: TypedColumn<Map_<K, W>>,
  merge: (key: Column<K>, left: Column<V>, right: Column<W>) => TypedColumn<R>,
): Column<Map_<K, R>> {
  return call<Map_<K, R>>("map_zip_with", left, right, lambda(merge, 3, "mapZipWith"))
}
