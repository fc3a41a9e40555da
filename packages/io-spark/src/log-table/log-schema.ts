import { type DataType, type Schema, typeName } from "@assets/dataframe"
import type { Protocol, TableMetadata } from "./log-action.ts"
import { partitionColumn } from "./partition-column.ts"

/** A field of a table's schema, as Spark writes it in JSON. */
interface StoredField {
  readonly name: string
  readonly type: StoredType
  readonly nullable: true
  readonly metadata: { readonly [name: string]: string | number }
}
type StoredType =
  | string
  | { readonly type: "struct"; readonly fields: readonly StoredField[] }
  | { readonly type: "array"; readonly elementType: StoredType; readonly containsNull: true }
  | {
      readonly type: "map"
      readonly keyType: StoredType
      readonly valueType: StoredType
      readonly valueContainsNull: true
    }

/** What a table says of its columns. */
export interface TableSchema {
  readonly schemaString: string
  readonly configuration: { readonly [name: string]: string }
  readonly protocol: Protocol
}

const noMapping = /^[^ ,;{}()\n\t=]*$/

/** Column names that Delta takes only where the files' names are told apart from them. */
function needsMapping(fields: readonly StoredField[]): boolean {
  const inside = (type: StoredType): boolean => {
    if (typeof type === "string") return false
    if (type.type === "struct") return needsMapping(type.fields)
    return type.type === "array" ? inside(type.elementType) : inside(type.keyType) || inside(type.valueType)
  }
  return fields.some(({ name, type }) => !noMapping.test(name) || inside(type))
}

export interface SchemaOptions {
  readonly isPartitioned: boolean
  /** What the table said before. */
  readonly former: TableMetadata | undefined
  /** Whether rows stay that were written before: their columns stay, too. */
  readonly keepsFormer: boolean
}

/** What a table says of its columns that is to hold rows of `schema`. */
export function tableSchema(schema: Schema, { isPartitioned, former, keepsFormer }: SchemaOptions): TableSchema {
  const own = schema.columns.map(({ name, type }) => field(name, storedType(type)))
  const hidden = isPartitioned ? [field(partitionColumn, "string")] : []
  const names = new Set([...own, ...hidden].map(one => one.name.toLowerCase()))
  const stay = keepsFormer ? fieldsOf(former).filter(one => !names.has(one.name.toLowerCase())) : []
  const fields = [...own, ...stay, ...hidden]
  const wasMapped = former?.configuration[mappingMode] === "name"
  const mapping = wasMapped || needsMapping(fields) ? new ColumnMapping() : undefined
  const written = mapping?.of(fields) ?? fields
  const features = [
    ...(mapping ? ["columnMapping"] : []),
    ...(JSON.stringify(fields).includes('"timestamp_ntz"') ? ["timestampNtz"] : []),
  ]
  const maxId = Math.max(mapping?.maxId ?? 0, Number(former?.configuration[mappingMaxId] ?? 0))
  return {
    schemaString: JSON.stringify({ type: "struct", fields: written }),
    configuration: {
      // Our records lie in the commits themselves.
      "delta.enableExpiredLogCleanup": "false",
      ...(mapping && { [mappingMode]: "name", [mappingMaxId]: String(maxId) }),
    },
    protocol: protocolOf(features),
  }
}

const mappingMode = "delta.columnMapping.mode"
const mappingMaxId = "delta.columnMapping.maxColumnId"

function fieldsOf(metadata: TableMetadata | undefined): readonly StoredField[] {
  return metadata ? (JSON.parse(metadata.schemaString) as { fields: readonly StoredField[] }).fields : []
}

function field(name: string, type: StoredType): StoredField {
  return { name, type, nullable: true, metadata: {} }
}

function protocolOf(features: readonly string[]): Protocol {
  if (features.length === 0) return { minReaderVersion: 1, minWriterVersion: 2 }
  return { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features }
}

/** Numbers the fields, and keeps their names as those in the files. */
class ColumnMapping {
  maxId = 0

  of(fields: readonly StoredField[]): StoredField[] {
    return fields.map(({ name, type, ...rest }) => {
      const metadata = { "delta.columnMapping.id": ++this.maxId, "delta.columnMapping.physicalName": name }
      return { ...rest, name, type: this.#inside(type), metadata }
    })
  }

  #inside(type: StoredType): StoredType {
    if (typeof type === "string") return type
    if (type.type === "struct") return { ...type, fields: this.of(type.fields) }
    if (type.type === "array") return { ...type, elementType: this.#inside(type.elementType) }
    return { ...type, keyType: this.#inside(type.keyType), valueType: this.#inside(type.valueType) }
  }
}

const plainTypes: { readonly [kind in DataType["kind"]]?: string } = {
  boolean: "boolean",
  int8: "byte",
  int16: "short",
  int32: "integer",
  int64: "long",
  float32: "float",
  float64: "double",
  string: "string",
  binary: "binary",
  date: "date",
  timestamp: "timestamp",
  timestamp_ntz: "timestamp_ntz",
}

function storedType(type: DataType): StoredType {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`
    case "array":
      return { type: "array", elementType: storedType(type.element), containsNull: true }
    case "struct":
      return { type: "struct", fields: type.fields.map(one => field(one.name, storedType(one.type))) }
    case "map": {
      const [keyType, valueType] = [storedType(type.key), storedType(type.value)]
      return { type: "map", keyType, valueType, valueContainsNull: true }
    }
    default: {
      const name = plainTypes[type.kind]
      // What no storage can keep was refused before.
      if (name === undefined) throw new Error(`The log has no type for ${typeName(type)}. Please report this.`)
      return name
    }
  }
}
