import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, scalar, type TypeRule } from "./function-entry.ts"
import { castOf, mismatch, unified } from "./implicit-cast.ts"
import { keyed } from "./map.ts"
import { arg, input, onceEach, raise, unlessNull } from "./printed-call.ts"
import { any, argument, array, int, sameAsFirst, takes, typeOf } from "./signature.ts"
import { type Sql, sql, textLiteral } from "./sql-fragment.ts"

function elementOf(args: readonly Expression[]): DataType {
  const type = typeOf(args, 0)
  return type.kind === "array" ? type.element : types.voidType
}

/** The part of an array from a place, counted from 1 or from the end, and of a length. */
function slice(call: PrintedCall): Sql {
  const [list, start, length] = [arg(call, 0), arg(call, 1), arg(call, 2)]
  const from = sql`CASE WHEN ${start} > 0 THEN CAST(${start} AS BIGINT) ELSE len(${list}) + ${start} + 1 END`
  const part = onceEach(from, sql`CAST(${length} AS BIGINT)`, (first, count) => {
    return sql`CASE WHEN ${first} < 1 OR ${count} = 0 THEN ${castTo(sql`[]`, call.type)} ELSE list_slice(${list}, ${first}, ${first} + ${count} - 1) END`
  })
  const noStart = raise("INVALID_PARAMETER_VALUE.START", call.type)
  const noLength = raise("INVALID_PARAMETER_VALUE.LENGTH", call.type)
  return unlessNull(
    call,
    sql`CASE WHEN ${start} = 0 THEN ${noStart} WHEN ${length} < 0 THEN ${noLength} ELSE ${part} END`,
  )
}

const tryElementRule: TypeRule = (args, name) =>
  typeOf(args, 0).kind === "map" ? keyed(args, name) : takes([array, int], elementOf)(args, name)

function tryElement(call: PrintedCall): Sql {
  const [list, index] = [arg(call, 0), arg(call, 1)]
  if (input(call, 0).type.kind === "map") return sql`${list}[${index}]`
  const zero = raise("INVALID_INDEX_OF_ZERO", call.type)
  return sql`CASE WHEN ${list} IS NOT NULL AND ${index} = 0 THEN ${zero} ELSE ${list}[${index}] END`
}

const twoArrays: TypeRule = (args, name) => {
  if (args.length !== 2 || args.some(a => a.type.kind !== "array")) {
    throw mismatch(name, args, "there must be two arrays")
  }
  return { args: unified(args, name), type: types.boolean }
}

/** True when they share a value; null when they do not and one has a null. */
function overlap(call: PrintedCall): Sql {
  const [a, b] = [arg(call, 0), arg(call, 1)]
  const present = (list: Sql) => sql`list_filter(${list}, lambda v_: v_ IS NOT NULL)`
  const hasNull = (list: Sql) => sql`len(${list}) > list_count(${list})`
  const shared = sql`list_has_any(${present(a)}, ${present(b)})`
  const unknown = sql`len(${a}) > 0 AND len(${b}) > 0 AND (${hasNull(a)} OR ${hasNull(b)})`
  return unlessNull(call, sql`CASE WHEN ${shared} THEN TRUE WHEN ${unknown} THEN NULL ELSE FALSE END`)
}

const insertRule: TypeRule = (args, name) => {
  const [list, place, value] = args
  if (list?.type.kind !== "array" || !place || !value || args.length !== 3) {
    throw mismatch(name, args, "there must be an array, a place and a value")
  }
  const [, cast] = unified([{ ...list, type: list.type.element }, value], name)
  const element = cast?.type ?? list.type.element
  const type: DataType = { kind: "array", element }
  return { args: [castOf(list, type), argument(takes([int], types.int32)([place], name).args, 0), cast ?? value], type }
}

/** Puts a value at a place, counted from 1 or from the end; what lies between is filled with nulls. */
function insert(call: PrintedCall): Sql {
  const [list, place, value] = [arg(call, 0), arg(call, 1), arg(call, 2)]
  const one = castTo(sql`[${value}]`, call.type)
  const rest = (from: Sql) => sql`list_slice(${list}, ${from} + 1, len(${list}))`
  const at = (before: Sql) => sql`list_concat(list_concat(list_resize(${list}, ${before}), ${one}), ${rest(before)})`
  const nulls = sql`list_resize(${castTo(sql`[]`, call.type)}, -CAST(${place} AS BIGINT) - len(${list}) - 1)`
  const zero = raise("INVALID_INDEX_OF_ZERO", call.type)
  return sql`CASE WHEN ${list} IS NULL OR ${place} IS NULL THEN NULL WHEN ${place} = 0 THEN ${zero} WHEN ${place} > 0 THEN ${at(sql`(CAST(${place} AS BIGINT) - 1)`)} WHEN -${place} <= len(${list}) + 1 THEN ${at(sql`(len(${list}) + ${place} + 1)`)} ELSE list_concat(list_concat(${one}, ${nulls}), ${list}) END`
}

/** The columns give the fields their names, anything else its place from 0. */
const zipRule: TypeRule = (args, name) => {
  if (args.length === 0 || args.some(a => a.type.kind !== "array")) throw mismatch(name, args, "all must be arrays")
  const fields = args.map((a, i) => ({ name: a.kind === "column" ? a.name : `${i}`, type: elementOf([a]) }))
  return { args, type: { kind: "array", element: { kind: "struct", fields } } }
}

function zip(call: PrintedCall): Sql {
  const element = elementOf([{ ...input(call, 0), type: call.type }])
  const names = element.kind === "struct" ? element.fields.map(({ name }) => name) : []
  const fields = names.map((name, i) => sql`${textLiteral(name)}: z_[${i + 1}]`)
  return unlessNull(call, sql`list_transform(list_zip(${call.args}), lambda z_: {${fields}})`)
}

const sequenceRule: TypeRule = (args, name) => {
  const [start, stop, step, ...more] = args
  if (!start || !stop || more.length > 0) throw mismatch(name, args, "there must be a start, a stop and perhaps a step")
  if (start.type.kind === "date" && stop.type.kind === "date" && !step) {
    return { args, type: { kind: "array", element: types.date } }
  }
  if (args.some(a => !types.isIntegral(a.type))) throw mismatch(name, args, "all must be whole numbers, or two dates")
  const same = unified(args, name)
  return { args: same, type: { kind: "array", element: typeOf(same, 0) } }
}

/** From the start to the stop, both included, down where the stop is less. */
function sequence(call: PrintedCall): Sql {
  const [start, stop, step] = [arg(call, 0), arg(call, 1), call.args[2]]
  const direction = sql`CASE WHEN ${start} <= ${stop} THEN 1 ELSE -1 END`
  if (input(call, 0).type.kind === "date") {
    const days = sql`generate_series(0, CAST(${stop} - ${start} AS BIGINT), ${direction})`
    return unlessNull(call, sql`list_transform(${days}, lambda k_: ${start} + CAST(k_ AS INTEGER))`)
  }
  const wide = (value: Sql) => sql`CAST(${value} AS BIGINT)`
  const series = (by: Sql) => castTo(sql`generate_series(${wide(start)}, ${wide(stop)}, ${wide(by)})`, call.type)
  if (!step) return series(direction)
  const wrong = raise("INVALID_PARAMETER_VALUE.SEQUENCE", call.type)
  const fits = sql`(${step} > 0 AND ${start} <= ${stop}) OR (${step} < 0 AND ${start} >= ${stop}) OR (${step} = 0 AND ${start} = ${stop})`
  const many = sql`CASE WHEN ${step} = 0 THEN ${castTo(sql`[${start}]`, call.type)} ELSE ${series(step)} END`
  return unlessNull(call, sql`CASE WHEN ${fits} THEN ${many} ELSE ${wrong} END`)
}

/** What makes arrays, or arrays of another length. */
export const arrayShapes = {
  slice: scalar(takes([array, int, int], sameAsFirst), slice),
  try_element_at: scalar(tryElementRule, tryElement),
  arrays_overlap: scalar(twoArrays, overlap),
  array_repeat: scalar(
    takes([any, int], args => ({ kind: "array", element: typeOf(args, 0) })),
    call => {
      const [value, count] = [arg(call, 0), arg(call, 1)]
      return sql`CASE WHEN ${count} IS NOT NULL THEN list_transform(range(CAST(greatest(${count}, 0) AS BIGINT)), lambda n_: ${value}) END`
    },
    { revision: 2 },
  ),
  array_insert: scalar(insertRule, insert),
  arrays_zip: scalar(zipRule, zip),
  sequence: scalar(sequenceRule, sequence),
} satisfies { readonly [name: string]: FunctionEntry }
