import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, type Resolution, scalar, type TypeRule } from "./function-entry.ts"
import { implicitCast, mismatch, unified } from "./implicit-cast.ts"
import { arg, unlessNull } from "./printed-call.ts"
import { argument, array, map, takes, text, typeOf } from "./signature.ts"
import { type Sql, sql } from "./sql-fragment.ts"

const mapRule: TypeRule = (args, name) => {
  if (args.length % 2 === 1) throw mismatch(name, args, "keys and values must come in pairs")
  const keys = args.filter((_, i) => i % 2 === 0)
  const values = args.filter((_, i) => i % 2 === 1)
  if (keys.length === 0) return { args, type: { kind: "map", key: types.string, value: types.string } }
  const [k, v] = [unified(keys, name), unified(values, name)]
  const cast = k.flatMap((key, i) => [key, argument(v, i)])
  return { args: cast, type: { kind: "map", key: argument(k, 0).type, value: argument(v, 0).type } }
}

/** A map, and a key that takes the type of its keys; gives the type of its values. */
export function keyed(args: readonly Expression[], name: string): Resolution {
  const type = typeOf(args, 0)
  const key = type.kind === "map" && args[1] ? implicitCast(args[1], type.key) : undefined
  if (type.kind !== "map" || !key) throw mismatch(name, args, "the second must be a key of the map")
  return { args: [argument(args, 0), key], type: type.value }
}

function entryArray(args: readonly Expression[]): DataType {
  const type = typeOf(args, 0)
  if (type.kind !== "map") return { kind: "array", element: types.voidType }
  const fields = [
    { name: "key", type: type.key },
    { name: "value", type: type.value },
  ]
  return { kind: "array", element: { kind: "struct", fields } }
}

function twoLists(args: readonly Expression[], name: string) {
  const cast = takes([array, array], types.voidType)(args, name).args
  const [keys, values] = [typeOf(cast, 0), typeOf(cast, 1)]
  if (keys.kind !== "array" || values.kind !== "array") throw mismatch(name, args, "there must be two arrays")
  return { args: cast, type: { kind: "map", key: keys.element, value: values.element } as DataType }
}

function keyArray(args: readonly Expression[]): DataType {
  const type = typeOf(args, 0)
  return { kind: "array", element: type.kind === "map" ? type.key : types.voidType }
}

function valueArray(args: readonly Expression[]): DataType {
  const type = typeOf(args, 0)
  return { kind: "array", element: type.kind === "map" ? type.value : types.voidType }
}

const fromEntriesRule: TypeRule = (args, name) => {
  const type = typeOf(args, 0)
  const entry = type.kind === "array" && type.element.kind === "struct" ? type.element.fields : []
  const [key, value] = entry
  if (args.length !== 1 || !key || !value || entry.length !== 2) {
    throw mismatch(name, args, "there must be an array of structs of a key and a value")
  }
  return { args, type: { kind: "map", key: key.type, value: value.type } }
}

const concatRule: TypeRule = (args, name) => {
  if (args.length === 0 || args.some(a => a.type.kind !== "map")) throw mismatch(name, args, "all must be maps")
  const cast = unified(args, name)
  return { args: cast, type: typeOf(cast, 0) }
}

const textMap: DataType = { kind: "map", key: types.string, value: types.string }

/** Splits a text into pairs and each at its first delimiter; the value of a pair without one is null. */
function strToMap(call: PrintedCall): Sql {
  const [between, within] = [call.args[1] ?? sql`','`, call.args[2] ?? sql`':'`]
  const pairs = sql`string_split(${arg(call, 0)}, ${between})`
  const keys = sql`list_transform(${pairs}, lambda p_: split_part(p_, ${within}, 1))`
  const value = sql`CASE WHEN contains(p_, ${within}) THEN substring(p_, instr(p_, ${within}) + length(${within})) END`
  return unlessNull(call, sql`map(${keys}, list_transform(${pairs}, lambda p_: ${value}))`)
}

/** Maps. */
export const mapFunctions = {
  map: scalar(mapRule, call => {
    const keys = call.args.filter((_, i) => i % 2 === 0)
    const values = call.args.filter((_, i) => i % 2 === 1)
    return castTo(sql`map([${keys}], [${values}])`, call.type)
  }),
  map_keys: scalar(
    takes([map], args => keyArray(args)),
    "map_keys",
  ),
  map_values: scalar(
    takes([map], args => valueArray(args)),
    "map_values",
  ),
  map_contains_key: scalar(
    (args, name) => ({ ...keyed(args, name), type: types.boolean }),
    call => unlessNull(call, sql`map_contains(${arg(call, 0)}, ${arg(call, 1)})`),
  ),
  map_entries: scalar(takes([map], entryArray), "map_entries"),
  map_from_entries: scalar(fromEntriesRule, "map_from_entries"),
  // Like Spark, `map` takes no key twice.
  map_concat: scalar(concatRule, call => {
    if (call.args.length === 1) return arg(call, 0)
    const joined = (lists: readonly Sql[]) => lists.reduce((a, b) => sql`list_concat(${a}, ${b})`)
    const keys = joined(call.args.map(a => sql`map_keys(${a})`))
    const values = joined(call.args.map(a => sql`map_values(${a})`))
    return unlessNull(call, sql`map(${keys}, ${values})`)
  }),
  str_to_map: scalar(takes([text, text, text], textMap, { optional: 2 }), strToMap),
  map_from_arrays: scalar(twoLists, "map"),
} satisfies { readonly [name: string]: FunctionEntry }
