import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { sameType } from "../schema/type-name.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, scalar, type TypeRule } from "./function-entry.ts"
import { castOf, implicitCast, mismatch } from "./implicit-cast.ts"
import { arg } from "./printed-call.ts"
import { bound, identifier, type Sql, sql } from "./sql-fragment.ts"

type Lambda = Extract<Expression, { kind: "lambda" }>

/** An array and a lambda over its elements. */
function over(parameters: number, returns: (list: Expression, lambda: Lambda) => DataType, isTest = false): TypeRule {
  return (args, name) => {
    const [list, lambda] = args
    if (args.length !== 2 || list?.type.kind !== "array" || lambda?.kind !== "lambda") {
      throw mismatch(name, args, "there must be an array and a lambda")
    }
    if (lambda.parameters.length > parameters) throw mismatch(name, args, `the lambda may take ${parameters}`)
    if (isTest && lambda.type.kind !== "boolean" && lambda.type.kind !== "void") {
      throw mismatch(name, args, "the lambda must give a boolean")
    }
    const body = isTest ? castOf(lambda.body, types.boolean) : lambda.body
    return { args: [list, { ...lambda, body, type: body.type }], type: returns(list, lambda) }
  }
}

const sameArray = (list: Expression): DataType => list.type
const boolean = (): DataType => types.boolean

/** A name for what a lambda of several parameters is given at once: no other lambda can take it for its own. */
function pairName(call: PrintedCall, index: number): Sql {
  const lambda = call.inputs[index]
  const names = lambda?.kind === "lambda" ? lambda.parameters.map(({ name }) => name) : []
  return identifier(`${names.join("\u03bb")}\u03bb\u03bb`)
}

function lambdaAt(args: readonly Expression[], index: number, parameters: number, name: string): Lambda {
  const lambda = args[index]
  if (lambda?.kind === "lambda" && lambda.parameters.length === parameters) return lambda
  throw mismatch(name, args, `number ${index + 1} must be a lambda of ${parameters}`)
}

const zipWithRule: TypeRule = (args, name) => {
  if (args.length !== 3 || args.slice(0, 2).some(({ type }) => type.kind !== "array")) {
    throw mismatch(name, args, "there must be two arrays and a lambda")
  }
  return { args, type: { kind: "array", element: lambdaAt(args, 2, 2, name).type } }
}

/** `aggregate(array, start, (gathered, element) -> …, gathered -> …)`: what is gathered keeps the type of the start. */
const aggregateRule: TypeRule = (args, name) => {
  const [list, start] = args
  if (list?.type.kind !== "array" || !start || args.length < 3 || args.length > 4) {
    throw mismatch(name, args, "there must be an array, a start and a lambda")
  }
  const merge = lambdaAt(args, 2, 2, name)
  const body = implicitCast(merge.body, start.type)
  if (!body) throw mismatch(name, args, "the lambda must give the type of the start")
  const merged = { ...merge, body, type: body.type }
  const finish = args.length === 4 ? lambdaAt(args, 3, 1, name) : undefined
  return { args: [list, start, merged, ...(finish ? [finish] : [])], type: finish?.type ?? start.type }
}

/** DuckDB reduces a list of one type, so that each item carries an element and what was gathered. */
function gathered(call: PrintedCall): Sql {
  const [list, start] = [arg(call, 0), arg(call, 1)]
  const { type } = call.inputs[1] as Expression // the rule has made sure of it
  const name = pairName(call, 2)
  const [before, next] = [sql`${name}.g`, sql`n_.e`]
  const items = sql`list_transform(${list}, lambda e_: {'g': ${castTo(sql`NULL`, type)}, 'e': e_})`
  const step = sql`lambda ${name}, n_: {'g': ${castTo(call.body(2, before, next), type)}, 'e': n_.e}`
  const element = (call.inputs[0] as Expression).type // as above
  const nothing = castTo(sql`NULL`, element.kind === "array" ? element.element : types.voidType)
  const all = sql`list_reduce(${items}, ${step}, {'g': ${castTo(start, type)}, 'e': ${nothing}}).g`
  const finished =
    call.inputs.length === 4 ? sql`list_transform([${all}], lambda f_: ${call.body(3, sql`f_`)})[1]` : all
  return sql`CASE WHEN ${list} IS NOT NULL THEN ${finished} END`
}

function overEntries(part: "filter" | "keys" | "values"): TypeRule {
  return (args, name) => {
    const [map] = args
    if (map?.type.kind !== "map" || args.length !== 2) throw mismatch(name, args, "there must be a map and a lambda")
    const lambda = lambdaAt(args, 1, 2, name)
    if (part === "filter") {
      if (!["boolean", "void"].includes(lambda.type.kind)) throw mismatch(name, args, "the lambda must give a boolean")
      const body = castOf(lambda.body, types.boolean)
      return { args: [map, { ...lambda, body, type: body.type }], type: map.type }
    }
    const type = { ...map.type, [part === "keys" ? "key" : "value"]: lambda.type }
    return { args, type }
  }
}

function entryBody(call: PrintedCall, entry: Sql): Sql {
  return call.body(1, sql`${entry}.key`, sql`${entry}.value`)
}

const mapZipRule: TypeRule = (args, name) => {
  const [a, b] = args
  if (a?.type.kind !== "map" || b?.type.kind !== "map" || !sameType(a.type.key, b.type.key)) {
    throw mismatch(name, args, "there must be two maps with keys of one type")
  }
  return { args, type: { kind: "map", key: a.type.key, value: lambdaAt(args, 2, 3, name).type } }
}

/** A lambda computes what is constant in it anew for each element: maps that are no columns are made before. */
function zippedMaps(call: PrintedCall, a: Sql, b: Sql): Sql {
  const key = pairName(call, 2)
  const others = sql`list_filter(map_keys(${b}), lambda k_: NOT list_contains(map_keys(${a}), k_))`
  const keys = sql`list_concat(map_keys(${a}), ${others})`
  const values = sql`list_transform(${keys}, lambda ${key}: ${call.body(2, key, sql`${a}[${key}]`, sql`${b}[${key}]`)})`
  return sql`CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN map(${keys}, ${values}) END`
}

/** Functions of arrays and maps that take a lambda. */
export const higherOrder = {
  transform: scalar(
    over(2, (_, lambda) => ({ kind: "array", element: lambda.type })),
    call => sql`list_transform(${arg(call, 0)}, ${arg(call, 1)})`,
  ),
  filter: scalar(over(2, sameArray, true), call => sql`list_filter(${arg(call, 0)}, ${arg(call, 1)})`),
  exists: scalar(over(1, boolean, true), call => {
    const found = sql`list_transform(${arg(call, 0)}, ${arg(call, 1)})`
    return sql`CASE WHEN ${arg(call, 0)} IS NULL THEN NULL WHEN list_contains(${found}, TRUE) THEN TRUE WHEN list_count(${found}) < len(${found}) THEN NULL ELSE FALSE END`
  }),
  forall: scalar(over(1, boolean, true), call => {
    const found = sql`list_transform(${arg(call, 0)}, ${arg(call, 1)})`
    return sql`CASE WHEN ${arg(call, 0)} IS NULL THEN NULL WHEN list_contains(${found}, FALSE) THEN FALSE WHEN list_count(${found}) < len(${found}) THEN NULL ELSE TRUE END`
  }),
  zip_with: scalar(zipWithRule, call => {
    const pair = pairName(call, 2)
    const zipped = sql`list_zip(${arg(call, 0)}, ${arg(call, 1)})`
    const both = sql`${arg(call, 0)} IS NULL OR ${arg(call, 1)} IS NULL`
    return sql`CASE WHEN ${both} THEN NULL ELSE list_transform(${zipped}, lambda ${pair}: ${call.body(2, sql`${pair}[1]`, sql`${pair}[2]`)}) END`
  }),
  aggregate: scalar(aggregateRule, gathered),
  map_filter: scalar(overEntries("filter"), call => {
    const entry = pairName(call, 1)
    const kept = sql`list_filter(map_entries(${arg(call, 0)}), lambda ${entry}: ${entryBody(call, entry)})`
    return sql`map_from_entries(${kept})`
  }),
  transform_values: scalar(overEntries("values"), call => {
    const entry = pairName(call, 1)
    const values = sql`list_transform(map_entries(${arg(call, 0)}), lambda ${entry}: ${entryBody(call, entry)})`
    return sql`map(map_keys(${arg(call, 0)}), ${values})`
  }),
  transform_keys: scalar(overEntries("keys"), call => {
    const entry = pairName(call, 1)
    const keys = sql`list_transform(map_entries(${arg(call, 0)}), lambda ${entry}: ${entryBody(call, entry)})`
    return sql`map(${keys}, map_values(${arg(call, 0)}))`
  }),
  map_zip_with: scalar(mapZipRule, call => {
    const [a, b] = [arg(call, 0), arg(call, 1)]
    if (call.inputs.slice(0, 2).every(({ kind }) => kind === "column")) return zippedMaps(call, a, b)
    return bound(sql`{'a': ${a}, 'b': ${b}}`, sql`maps_`, maps => zippedMaps(call, sql`${maps}.a`, sql`${maps}.b`))
  }),
} satisfies { readonly [name: string]: FunctionEntry }
