import { FrameError } from "../errors/frame-error.ts"
import type { DataType } from "../schema/data-type.ts"
import { parseDataType } from "../schema/parse-data-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, scalar, type TypeRule } from "./function-entry.ts"
import { mismatch } from "./implicit-cast.ts"
import { isJsonReadable, jsonPath, jsonText, jsonValue } from "./json-text.ts"
import { arg, input } from "./printed-call.ts"
import { argument, requireText, takes, text, typeOf, unsupported } from "./signature.ts"
import { type Sql, sql, textLiteral } from "./sql-fragment.ts"

const names: DataType = { kind: "array", element: types.string }

/** The value where the text is JSON of a kind, else null. */
function ofKind(call: PrintedCall, kind: "ARRAY" | "OBJECT", value: (text: Sql) => Sql): Sql {
  const source = arg(call, 0)
  const fits = sql`json_valid(${source}) AND json_type(${source}) = ${textLiteral(kind)}`
  return sql`CASE WHEN ${fits} THEN ${castTo(value(source), call.type)} END`
}

const writtenRule: TypeRule = (args, name) => {
  if (args.length !== 1 || !types.isNested(typeOf(args, 0))) {
    throw mismatch(name, args, "there must be one struct, array or map")
  }
  return { args, type: types.string }
}

/** `from_json(text, 'a INT, b STRING')`, or the name of a type. */
const readRule: TypeRule = (args, name) => {
  const { args: cast } = takes([text, text], types.string)(args, name)
  const type = schemaOf(requireText(cast, 1, name, "schema"))
  if (!isJsonReadable(type)) {
    throw unsupported(name, "A type in the schema has no JSON that both engines read alike.", "Read it as a string.")
  }
  return { args: cast, type }
}

function schemaOf(schema: string): DataType {
  const isType = /^\s*(array|map|struct)\s*</i.test(schema)
  if (isType) return parseDataType(schema)
  const fields = schema.trim().replace(/([A-Za-z_][A-Za-z0-9_]*|`[^`]*`)\s*:?\s+/g, "$1: ")
  return parseDataType(`struct<${fields}>`)
}

/** Of no text null; of what is no such JSON, Spark gives a struct of nulls, and null for an array or map. */
function read(call: PrintedCall): Sql {
  const source = arg(call, 0)
  const value = sql`CASE WHEN json_valid(${source}) THEN ${jsonValue(sql`CAST(${source} AS JSON)`, call.type)} END`
  if (call.type.kind !== "struct") return castTo(value, call.type)
  const empty = sql`{${call.type.fields.map(({ name }) => sql`${textLiteral(name)}: NULL`)}}`
  const some = sql`coalesce(${castTo(value, call.type)}, ${castTo(empty, call.type)})`
  return sql`CASE WHEN ${source} IS NOT NULL AND trim(${source}) <> '' THEN ${some} END`
}

const pathRule: TypeRule = (args, name) => {
  const cast = takes([text, text], types.string)(args, name)
  pathOf(requireText(cast.args, 1, name, "path"), name)
  return { ...cast, args: [argument(cast.args, 0), argument(cast.args, 1)] }
}

/** `$.a.b[1]['c']` as DuckDB writes it. @throws FrameError `FRAME_UNSUPPORTED` for `[*]` */
function pathOf(path: string, name: string): string {
  const steps = /^\$((?:\.[^.[\]'"*]+|\[\d+\]|\['[^']*'\]|\.\*|\[\*\])*)$/.exec(path.trim())?.[1]
  if (steps === undefined) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: `'${path}' is no path of '${name}'.`,
      why: "A path begins with $ and goes on by .name, ['name'] and [0].",
      fix: "Write for one $.items[0].name",
      details: { function: name, path },
    })
  }
  if (steps.includes("*")) {
    throw unsupported(
      name,
      "A path with * gives another text on DuckDB.",
      "Take the array with a path, and its parts by from_json.",
    )
  }
  const parts = steps.match(/\.[^.[]+|\[\d+\]|\['[^']*'\]/g) ?? []
  return `$${parts.map(part => (/^\[\d/.test(part) ? part : jsonPath(part.replace(/^\.|^\['|'\]$/g, "")).slice(1))).join("")}`
}

function extracted(call: PrintedCall): Sql {
  const source = arg(call, 0)
  const path = pathOf(requireText(call.inputs, 1, "get_json_object", "path"), "get_json_object")
  const value = sql`json_extract_string(${source}, ${textLiteral(path)})`
  // DuckDB takes infinities and NaN for numbers of JSON.
  const whole = sql`CASE WHEN NOT regexp_matches(${source}, '(?i)^\\s*-?(nan|inf)') THEN coalesce(${value}, CASE WHEN json_type(${source}) = 'NULL' THEN 'null' END) END`
  return sql`CASE WHEN json_valid(${source}) THEN ${path === "$" ? whole : value} END`
}

/** Texts that hold JSON. */
export const jsonFunctions = {
  to_json: scalar(writtenRule, call => jsonText(arg(call, 0), input(call, 0).type)),
  from_json: scalar(readRule, read),
  get_json_object: scalar(pathRule, extracted, { revision: 2 }),
  json_array_length: scalar(takes([text], types.int32), call =>
    ofKind(call, "ARRAY", source => sql`json_array_length(${source})`),
  ),
  json_object_keys: scalar(takes([text], names), call => ofKind(call, "OBJECT", source => sql`json_keys(${source})`)),
} satisfies { readonly [name: string]: FunctionEntry }
