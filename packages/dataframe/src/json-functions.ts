import type { DataType as ArrowType, Int32, List, Map_, Struct, Utf8 } from "apache-arrow/type"
import type { Column, StringColumn } from "./column.ts"
import { unresolvedOf } from "./column-expression.ts"
import { call, column, type Text } from "./function-call.ts"
import { typeFrom } from "./schema/arrow-type.ts"
import { typeName } from "./schema/type-name.ts"
import type { TypedColumn } from "./schema/type-rules.ts"

/** A struct, an array or a map as JSON; fields that are null are left out. */
export function toJson(value: TypedColumn<Struct> | TypedColumn<List> | TypedColumn<Map_>): StringColumn {
  return call<Utf8>("to_json", value)
}

/** JSON as a value of a type: `fromJson(f.body, t.struct({ id: t.int64 }))`; what does not fit is null. */
export function fromJson<T extends Struct | List | Map_>(text: Text, type: T): Column<T & ArrowType> {
  const schema = { kind: "literal", value: typeName(typeFrom(type)), type: { kind: "string" } } as const
  return column({ kind: "call", name: "from_json", args: [unresolvedOf(text), schema] })
}

/** The part of a JSON text at a path, as text: `getJsonObject(f.body, "$.items[0].name")`. */
export function getJsonObject(text: Text, path: string): StringColumn {
  return call<Utf8>("get_json_object", text, path)
}

/** How many elements a JSON array has; null of anything else. */
export function jsonArrayLength(text: Text): Column<Int32> {
  return call("json_array_length", text)
}

/** The keys of a JSON object; null of anything else. */
export function jsonObjectKeys(text: Text): Column<List<Utf8>> {
  return call("json_object_keys", text)
}
