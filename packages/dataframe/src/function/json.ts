import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, scalar } from "./function-entry.ts"
import { arg } from "./printed-call.ts"
import { takes, text } from "./signature.ts"
import { type Sql, sql, textLiteral } from "./sql-fragment.ts"

const names: DataType = { kind: "array", element: types.string }

/** The value where the text is JSON of a kind, else null. */
function ofKind(call: PrintedCall, kind: "ARRAY" | "OBJECT", value: (text: Sql) => Sql): Sql {
  const source = arg(call, 0)
  const fits = sql`json_valid(${source}) AND json_type(${source}) = ${textLiteral(kind)}`
  return sql`CASE WHEN ${fits} THEN ${castTo(value(source), call.type)} END`
}

/** Texts that hold JSON. */
export const jsonFunctions = {
  json_array_length: scalar(takes([text], types.int32), call =>
    ofKind(call, "ARRAY", source => sql`json_array_length(${source})`),
  ),
  json_object_keys: scalar(takes([text], names), call => ofKind(call, "OBJECT", source => sql`json_keys(${source})`)),
} satisfies { readonly [name: string]: FunctionEntry }
