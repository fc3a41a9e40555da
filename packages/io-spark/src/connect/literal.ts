import { dateText, instantText, wallClockText } from "@assets/dataframe"
import { create } from "@bufbuild/protobuf"
import {
  type DataType,
  type Expression_Literal as Literal,
  Expression_LiteralSchema as LiteralSchema,
} from "../generated/spark_connect_pb.ts"

/**
 * A value of Spark in JavaScript, as the rows of a frame give them: wide integers as bigint, decimals and times as text,
 * bytes, arrays, objects of structs, maps.
 */
export type SparkValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly SparkValue[]
  | ReadonlyMap<SparkValue, SparkValue>
  | { readonly [field: string]: SparkValue }

/** What an argument of a statement may be. */
export type LiteralInput = null | boolean | number | bigint | string | Uint8Array | Date

/** An argument as Spark's literal. A whole number that a bigint holds is one. */
export function literalOf(value: LiteralInput): Literal {
  const literalType = ((): Literal["literalType"] => {
    if (value === null) return { case: "null", value: nullType }
    if (value instanceof Date) return { case: "timestamp", value: BigInt(value.getTime()) * 1000n }
    if (value instanceof Uint8Array) return { case: "binary", value }
    switch (typeof value) {
      case "boolean":
        return { case: "boolean", value }
      case "bigint":
        return { case: "long", value }
      case "number":
        return Number.isSafeInteger(value) ? { case: "long", value: BigInt(value) } : { case: "double", value }
      default:
        return { case: "string", value }
    }
  })()
  return create(LiteralSchema, { literalType })
}

const nullType: DataType = {
  $typeName: "spark.connect.DataType",
  kind: { case: "null", value: { $typeName: "spark.connect.DataType.Plain" } },
}

/** The value that a literal of a server stands for. The type is told apart from 4.1 on, and only of the outermost. */
export function literalValue(literal: Literal, type: DataType | undefined = literal.dataType): SparkValue {
  const { literalType } = literal
  switch (literalType.case) {
    case undefined:
    case "null":
      return null
    case "decimal":
      return literalType.value.value
    case "date":
      return dateText(literalType.value)
    case "timestamp":
      return instantText(literalType.value)
    case "timestampNtz":
      return wallClockText(literalType.value)
    case "array":
      return literalType.value.elements.map(element =>
        literalValue(element, elementType(type) ?? literalType.value.elementType),
      )
    case "specializedArray":
      return [...(literalType.value.valueType.value?.values ?? [])]
    case "map": {
      const { keys, values, ...types } = literalType.value
      const { keyType, valueType } = type?.kind.case === "map" ? type.kind.value : types
      return new Map(
        keys.map((key, i) => [literalValue(key, keyType), literalValue(values[i] ?? nullLiteral, valueType)]),
      )
    }
    case "struct": {
      const { elements, structType } = literalType.value
      const fields = structFields(type ?? structType)
      return Object.fromEntries(
        elements.map((element, i) => [fields[i]?.name ?? `col${i + 1}`, literalValue(element, fields[i]?.dataType)]),
      )
    }
    default:
      return literalType.value
  }
}

const nullLiteral = literalOf(null)

function elementType(type: DataType | undefined): DataType | undefined {
  return type?.kind.case === "array" ? type.kind.value.elementType : undefined
}

function structFields(type: DataType | undefined) {
  return type?.kind.case === "struct" ? type.kind.value.fields : []
}
