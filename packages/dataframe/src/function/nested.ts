import { FrameError } from "../errors/frame-error.ts"
import { nearestNames } from "../errors/nearest-names.ts"
import type { Expression } from "../plan/expression.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo, duckdbType } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, scalar, type TypeRule } from "./function-entry.ts"
import { castOf, implicitCast, mismatch, unified } from "./implicit-cast.ts"
import { keyed } from "./map.ts"
import { orderKey } from "./ordered-sql.ts"
import { arg, input, joinedTexts, longest, raise, unlessNull } from "./printed-call.ts"
import { argument, array, int, literalOf, map, type Parameter, requireText, takes, text, typeOf } from "./signature.ts"
import { identifier, type Sql, sparkName, sql, textLiteral } from "./sql-fragment.ts"

function elementOf(args: readonly Expression[]): DataType {
  const type = typeOf(args, 0)
  return type.kind === "array" ? type.element : types.voidType
}

const sameArray = (args: readonly Expression[]): DataType => typeOf(args, 0)

/** An array, and a value that takes the type of its elements. */
function withElement(returns: (args: readonly Expression[]) => DataType): TypeRule {
  return (args, name) => {
    const [list, value] = args
    if (list?.type.kind !== "array" || !value || args.length !== 2)
      throw mismatch(name, args, "there must be an array and a value")
    const [, cast] = unified([{ ...list, type: list.type.element }, value], name)
    const element = cast?.type ?? list.type.element
    const both = [castOf(list, { kind: "array", element }), cast ?? value]
    return { args: both, type: returns(both) }
  }
}

const twoArrays: TypeRule = (args, name) => {
  if (args.length !== 2 || args.some(a => a.type.kind !== "array"))
    throw mismatch(name, args, "there must be two arrays")
  const cast = unified(args, name)
  return { args: cast, type: argument(cast, 0).type }
}

const arrayRule: TypeRule = (args, name) => {
  const cast = args.length === 0 ? [] : unified(args, name)
  return { args: cast, type: { kind: "array", element: cast[0]?.type ?? types.voidType } }
}

/** `struct(a, b)`: a column gives its name, anything else its place. */
const structRule: TypeRule = args => {
  const fields = args.map((a, i): Column => ({ name: fieldName(a) ?? `col${i + 1}`, type: a.type }))
  return { args, type: { kind: "struct", fields } }
}

function fieldName(e: Expression): string | undefined {
  if (e.kind === "column") return e.name
  const name = e.kind === "call" && e.name === "getfield" && e.args[1] ? literalOf(e.args[1]) : undefined
  return typeof name === "string" ? name : undefined
}

const namedStructRule: TypeRule = (args, name) => {
  if (args.length % 2 === 1) throw mismatch(name, args, "names and values must come in pairs")
  const fields: Column[] = []
  for (let i = 0; i < args.length; i += 2) {
    fields.push({ name: requireText(args, i, name, "field's name"), type: typeOf(args, i + 1) })
  }
  return { args, type: { kind: "struct", fields } }
}

function structOf(values: readonly Sql[], type: DataType): Sql {
  const fields = type.kind === "struct" ? type.fields : []
  return sql`{${fields.map((f, i) => sql`${textLiteral(f.name)}: ${values[i] ?? sql`NULL`}`)}}`
}

/** `x.name`: a field of a struct, without regard to case, or of each struct of an array. */
const fieldRule: TypeRule = (args, name) => {
  const field = requireText(args, 1, name, "field's name")
  const type = typeOf(args, 0)
  if (type.kind === "map") return { args: [argument(args, 0), castOf(argument(args, 1), type.key)], type: type.value }
  const struct = type.kind === "array" ? type.element : type
  if (struct.kind !== "struct") throw mismatch(name, args, "the first must be a struct")
  const found = struct.fields.find(f => f.name.toLowerCase() === field.toLowerCase())
  if (!found) throw unknownField(field, struct.fields)
  const literal: Expression = { kind: "literal", value: found.name, type: types.string }
  const result: DataType = type.kind === "array" ? { kind: "array", element: found.type } : found.type
  return { args: [argument(args, 0), literal], type: result }
}

function unknownField(name: string, fields: readonly Column[]): FrameError {
  const names = fields.map(f => f.name)
  const nearest = nearestNames(name, names)
  return new FrameError("FRAME_COLUMN_UNKNOWN", {
    what: `The struct has no field '${name}'.`,
    why: `Its fields are ${names.join(", ")}.`,
    fix: nearest.length > 0 ? `Did you mean ${nearest.map(n => `'${n}'`).join(" or ")}?` : "Use one of these.",
    details: { column: name, nearest, columns: names },
  })
}

function field(call: PrintedCall): Sql {
  const type = input(call, 0).type
  if (type.kind === "map") return sql`${arg(call, 0)}[${arg(call, 1)}]`
  const name = identifier(requireText(call.inputs, 1, "getfield", "field's name"))
  if (type.kind === "array") return sql`list_transform(${arg(call, 0)}, lambda item_: item_.${name})`
  return sql`${arg(call, 0)}.${name}`
}

function sparkField(call: PrintedCall): Sql {
  if (input(call, 0).type.kind === "map") return sql`${arg(call, 0)}[${arg(call, 1)}]`
  return sql`${arg(call, 0)}.${sparkName(requireText(call.inputs, 1, "getfield", "field's name"))}`
}

/** `x[i]`: an array from 0, a map by its key, a struct by a field's name. */
const itemRule: TypeRule = (args, name) => {
  const type = typeOf(args, 0)
  if (type.kind === "struct") return fieldRule(args, name)
  if (type.kind === "map") return keyed(args, name)
  return takes([array, int], elementOf)(args, name)
}

function item(call: PrintedCall): Sql {
  const [list, index] = [arg(call, 0), arg(call, 1)]
  const kind = input(call, 0).type.kind
  if (kind === "map") return sql`${list}[${index}]`
  if (kind === "struct") return field(call)
  const outside = raise("INVALID_ARRAY_INDEX", call.type)
  return sql`CASE WHEN ${list} IS NULL OR ${index} IS NULL THEN NULL WHEN ${index} < 0 OR ${index} >= len(${list}) THEN ${outside} ELSE ${list}[${index} + 1] END`
}

const elementAtRule: TypeRule = (args, name) =>
  typeOf(args, 0).kind === "map" ? keyed(args, name) : takes([array, int], elementOf)(args, name)

function elementAt(call: PrintedCall): Sql {
  const [list, index] = [arg(call, 0), arg(call, 1)]
  if (input(call, 0).type.kind === "map") return sql`${list}[${index}]`
  const zero = raise("INVALID_INDEX_OF_ZERO", call.type)
  const outside = raise("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", call.type)
  return sql`CASE WHEN ${list} IS NULL OR ${index} IS NULL THEN NULL WHEN ${index} = 0 THEN ${zero} WHEN abs(${index}) > len(${list}) THEN ${outside} ELSE ${list}[${index}] END`
}

const sized: Parameter = { label: "an array or a map", accept: e => array.accept(e) ?? map.accept(e) }

function size(call: PrintedCall): Sql {
  const length = input(call, 0).type.kind === "map" ? sql`cardinality(${arg(call, 0)})` : sql`len(${arg(call, 0)})`
  return castTo(length, types.int32)
}

function contains(call: PrintedCall): Sql {
  const [list, value] = [arg(call, 0), arg(call, 1)]
  return sql`CASE WHEN ${list} IS NULL OR ${value} IS NULL THEN NULL WHEN list_contains(${list}, ${value}) THEN TRUE WHEN len(${list}) > list_count(${list}) THEN NULL ELSE FALSE END`
}

/** Each value once, in the order in which they come; of 0.0 and -0.0 the one without a sign. */
function distinctValues(list: Sql, type: DataType): Sql {
  const element = type.kind === "array" ? type.element : type
  const values = types.isFloating(element)
    ? sql`list_transform(${list}, lambda v_: v_ + CAST(0 AS ${duckdbType(element)}))`
    : list
  return sql`list_filter(${values}, lambda v_, i_: list_position(${values}, v_) = i_)`
}

/** A collected list of structs that is sorted: the aggregate that sorts while it collects. */
function sortedAggregate(call: PrintedCall, ascending: boolean): Expression | undefined {
  const list = input(call, 0)
  if (list.kind !== "aggregate" || list.name !== "collect_list" || list.distinct) return undefined
  const [value] = list.args
  if (value?.type.kind !== "struct" || call.print(value).text.length > longest) return undefined
  return {
    ...list,
    name: "collect_list_sorted",
    args: [value, { kind: "literal", value: ascending, type: types.boolean }],
  }
}

/** Sorts by the order of Spark; arrays and structs by a key that has it. */
function sortedBy(call: PrintedCall, direction: "ASC" | "DESC", nulls: "FIRST" | "LAST"): Sql {
  const element = elementOf(call.inputs)
  const order = sql`${textLiteral(direction)}, ${textLiteral(`NULLS ${nulls}`)}`
  if (!types.isNested(element)) return sql`list_sort(${arg(call, 0)}, ${order})`
  const sorted = sortedAggregate(call, direction === "ASC")
  if (sorted) return call.print(sorted)
  const keyed = sql`CASE WHEN v_ IS NOT NULL THEN {'k': ${orderKey(sql`v_`, element)}, 'v': v_} END`
  return sql`list_transform(list_sort(list_transform(${arg(call, 0)}, lambda v_: ${keyed}), ${order}), lambda v_: v_.v)`
}

const sortRule = takes(
  [
    {
      label: "an array of values that can be ordered",
      accept: e => (types.isOrderable(e.type) ? array.accept(e) : undefined),
    },
    { label: "a boolean", accept: e => implicitCast(e, types.boolean) },
  ],
  sameArray,
  { optional: 1 },
)

/** Elements are joined as texts. */
const joinRule: TypeRule = (args, name) => {
  const { args: taken, type } = takes([array, text, text], types.string, { optional: 1 })(args, name)
  return { args: [castOf(argument(taken, 0), { kind: "array", element: types.string }), ...taken.slice(1)], type }
}

/** Arrays, structs and maps. */
export const nestedFunctions = {
  getfield: scalar(fieldRule, field, { spark: sparkField }),
  getitem: scalar(itemRule, item, { spark: call => sql`${arg(call, 0)}[${arg(call, 1)}]` }),
  element_at: scalar(elementAtRule, elementAt),
  get: scalar(
    takes([array, int], elementOf),
    call => sql`CASE WHEN ${arg(call, 1)} >= 0 THEN ${arg(call, 0)}[${arg(call, 1)} + 1] END`,
  ),
  size: scalar(takes([sized], types.int32), size),
  array: scalar(arrayRule, call => sql`[${call.args}]`),
  struct: scalar(structRule, call => structOf(call.args, call.type)),
  named_struct: scalar(namedStructRule, call =>
    structOf(
      call.args.filter((_, i) => i % 2 === 1),
      call.type,
    ),
  ),
  array_contains: scalar(
    withElement(() => types.boolean),
    contains,
  ),
  array_position: scalar(
    withElement(() => types.int64),
    call => unlessNull(call, sql`CAST(coalesce(list_position(${arg(call, 0)}, ${arg(call, 1)}), 0) AS BIGINT)`),
  ),
  array_remove: scalar(withElement(sameArray), call => {
    const [list, value] = [arg(call, 0), arg(call, 1)]
    return sql`CASE WHEN ${value} IS NOT NULL THEN list_filter(${list}, lambda v_: v_ IS DISTINCT FROM ${value}) END`
  }),
  array_append: scalar(
    withElement(sameArray),
    call => sql`CASE WHEN ${arg(call, 0)} IS NOT NULL THEN list_append(${arg(call, 0)}, ${arg(call, 1)}) END`,
  ),
  array_prepend: scalar(
    withElement(sameArray),
    call => sql`CASE WHEN ${arg(call, 0)} IS NOT NULL THEN list_prepend(${arg(call, 1)}, ${arg(call, 0)}) END`,
  ),
  array_compact: scalar(
    takes([array], sameArray),
    call => sql`list_filter(${arg(call, 0)}, lambda v_: v_ IS NOT NULL)`,
  ),
  array_distinct: scalar(takes([array], sameArray), call => distinctValues(arg(call, 0), call.type)),
  array_union: scalar(twoArrays, call => {
    const both = sql`list_concat(${arg(call, 0)}, ${arg(call, 1)})`
    return unlessNull(call, distinctValues(both, call.type))
  }),
  array_intersect: scalar(twoArrays, call => {
    const first = distinctValues(arg(call, 0), call.type)
    return unlessNull(call, sql`list_filter(${first}, lambda v_: list_position(${arg(call, 1)}, v_) > 0)`)
  }),
  array_except: scalar(twoArrays, call => {
    const first = distinctValues(arg(call, 0), call.type)
    return unlessNull(call, sql`list_filter(${first}, lambda v_: coalesce(list_position(${arg(call, 1)}, v_), 0) = 0)`)
  }),
  array_max: scalar(takes([array], elementOf), "list_max"),
  array_min: scalar(takes([array], elementOf), "list_min"),
  sort_array: scalar(sortRule, call => {
    const ascending = call.inputs.length === 1 || literalOf(input(call, 1)) === true
    return ascending ? sortedBy(call, "ASC", "FIRST") : sortedBy(call, "DESC", "LAST")
  }),
  array_sort: scalar(sortRule, call => sortedBy(call, "ASC", "LAST")),
  array_join: scalar(joinRule, call => {
    const [list, separator, missing] = [arg(call, 0), arg(call, 1), call.args[2]]
    const filled = missing ? sql`list_transform(${list}, lambda v_: coalesce(v_, ${missing}))` : list
    const texts = joinedTexts(filled, separator, literalOf(input(call, 1)) !== undefined)
    return unlessNull(call, sql`coalesce(${texts}, '')`)
  }),
  flatten: scalar(takes([array], elementOf), call => {
    const list = arg(call, 0)
    return sql`CASE WHEN ${list} IS NULL OR list_count(${list}) < len(${list}) THEN NULL ELSE flatten(${list}) END`
  }),
} satisfies { readonly [name: string]: FunctionEntry }
