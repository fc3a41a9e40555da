import { type DataType, type Schema, typeName } from "@assets/dataframe"
import { partitionColumn } from "./partition-column.ts"
import type { IcebergSchema, IcebergType, PartitionSpec, StructField, TableMetadata } from "./table-metadata.ts"

export interface SchemaOptions {
  readonly isPartitioned: boolean
  /** What the table said before. */
  readonly former: TableMetadata | undefined
  /** Whether rows stay that were written before: their columns stay, too. */
  readonly keepsFormer: boolean
}

/** What a table says of its columns. */
export type TableColumns = Pick<
  TableMetadata,
  | "schemas"
  | "current-schema-id"
  | "last-column-id"
  | "partition-specs"
  | "default-spec-id"
  | "last-partition-id"
  | "properties"
>

/** What a table says of its columns that is to hold rows of `schema`. */
export function tableColumns(schema: Schema, options: SchemaOptions): TableColumns {
  const { isPartitioned, former, keepsFormer } = options
  const ids = new FieldIds(former?.["last-column-id"] ?? 0)
  const before = currentFields(former)
  const own = schema.columns.map(({ name, type }) => ids.field(name, type, before))
  const known = before.find(one => one.name === partitionColumn)
  // A table keeps the column that a former rule of partitions names.
  const hidden = isPartitioned || known ? [known ?? ids.field(partitionColumn, { kind: "string" }, [])] : []
  const names = new Set([...own, ...hidden].map(one => one.name.toLowerCase()))
  const stay = keepsFormer ? before.filter(one => !names.has(one.name.toLowerCase())) : []
  const fields = [...own, ...stay, ...hidden]
  return {
    ...addedSchema(former, fields),
    ...addedSpec(former, isPartitioned ? hidden[0]?.id : undefined),
    "last-column-id": ids.last,
    // The files tell no ids of their columns: they are known by name.
    properties: { ...former?.properties, "schema.name-mapping.default": JSON.stringify(fields.map(nameMapping)) },
  }
}

function currentFields(metadata: TableMetadata | undefined): readonly StructField[] {
  return metadata?.schemas.find(one => one["schema-id"] === metadata["current-schema-id"])?.fields ?? []
}

function addedSchema(former: TableMetadata | undefined, fields: readonly StructField[]) {
  const schemas = former?.schemas ?? []
  const same = schemas.find(one => JSON.stringify(one.fields) === JSON.stringify(fields))
  if (same) return { schemas, "current-schema-id": same["schema-id"] }
  const id = 1 + Math.max(-1, ...schemas.map(one => one["schema-id"]))
  const added: IcebergSchema = { type: "struct", "schema-id": id, fields }
  return { schemas: [...schemas, added], "current-schema-id": id }
}

const firstPartitionFieldId = 1000

function addedSpec(former: TableMetadata | undefined, column: number | undefined) {
  const specs = former?.["partition-specs"] ?? []
  const field = { name: partitionColumn, transform: "identity", "field-id": firstPartitionFieldId }
  const fields: PartitionSpec["fields"] = column === undefined ? [] : [{ ...field, "source-id": column }]
  const same = specs.find(one => isSpecOf(one, fields.length))
  const id = same?.["spec-id"] ?? 1 + Math.max(-1, ...specs.map(one => one["spec-id"]))
  return {
    "partition-specs": same ? specs : [...specs, { "spec-id": id, fields }],
    "default-spec-id": id,
    "last-partition-id": Math.max(firstPartitionFieldId - 1 + fields.length, former?.["last-partition-id"] ?? 0),
  }
}

/** Whether a rule of partitions is one of ours: by the column of partitions, or none. */
export function isSpecOf({ fields }: PartitionSpec, columns: number): boolean {
  const isOurs = fields.every(({ name, transform }) => name === partitionColumn && transform === "identity")
  return isOurs && fields.length === columns
}

/** Gives columns their ids: a column that others have read keeps its own. */
class FieldIds {
  last: number

  constructor(last: number) {
    this.last = last
  }

  field(name: string, type: DataType, former: readonly StructField[]): StructField {
    const same = former.find(one => one.name === name && canBecome(one.type, type))
    return { id: same?.id ?? ++this.last, name, required: false, type: this.#type(type, same?.type) }
  }

  #type(type: DataType, former: IcebergType | undefined): IcebergType {
    const before = typeof former === "string" ? undefined : former
    switch (type.kind) {
      case "struct": {
        const fields = before?.type === "struct" ? before.fields : []
        return { type: "struct", fields: type.fields.map(one => this.field(one.name, one.type, fields)) }
      }
      case "array": {
        const list = before?.type === "list" ? before : undefined
        const id = list?.["element-id"] ?? ++this.last
        const element = this.#type(type.element, list?.element)
        return { type: "list", "element-id": id, element, "element-required": false }
      }
      case "map": {
        const map = before?.type === "map" ? before : undefined
        const keyId = map?.["key-id"] ?? ++this.last
        const valueId = map?.["value-id"] ?? ++this.last
        const [key, value] = [this.#type(type.key, map?.key), this.#type(type.value, map?.value)]
        return { type: "map", "key-id": keyId, key, "value-id": valueId, value, "value-required": false }
      }
      default:
        return plainType(type)
    }
  }
}

/** Whether a column stays the same one with another type: values of the former one are values of it. */
function canBecome(former: IcebergType, type: DataType): boolean {
  if (typeof former === "string") {
    if (type.kind === "struct" || type.kind === "array" || type.kind === "map") return false
    const wanted = plainType(type)
    if (former === wanted) return true
    if (former === "int") return wanted === "long"
    if (former === "float") return wanted === "double"
    const [, precision, scale] = /^decimal\((\d+), ?(\d+)\)$/.exec(former) ?? []
    return type.kind === "decimal" && type.scale === Number(scale) && type.precision >= Number(precision)
  }
  switch (former.type) {
    case "struct":
      return type.kind === "struct"
    case "list":
      return type.kind === "array" && canBecome(former.element, type.element)
    default:
      return type.kind === "map" && canBecome(former.key, type.key) && canBecome(former.value, type.value)
  }
}

const plainTypes: { readonly [kind in DataType["kind"]]?: string } = {
  boolean: "boolean",
  int8: "int",
  int16: "int",
  int32: "int",
  int64: "long",
  float32: "float",
  float64: "double",
  string: "string",
  binary: "binary",
  date: "date",
  timestamp: "timestamptz",
  timestamp_ntz: "timestamp",
}

function plainType(type: DataType): string {
  if (type.kind === "decimal") return `decimal(${type.precision}, ${type.scale})`
  const name = plainTypes[type.kind]
  // What no storage can keep was refused before.
  if (name === undefined) throw new Error(`Iceberg has no type for ${typeName(type)}. Please report this.`)
  return name
}

interface NameMapping {
  readonly "field-id": number
  readonly names: readonly string[]
  readonly fields?: readonly NameMapping[]
}

function nameMapping({
  id,
  name,
  type,
}: {
  readonly id: number
  readonly name: string
  readonly type: IcebergType
}): NameMapping {
  const fields = innerFields(type).map(nameMapping)
  return { "field-id": id, names: [name], ...(fields.length > 0 && { fields }) }
}

function innerFields(
  type: IcebergType,
): readonly { readonly id: number; readonly name: string; readonly type: IcebergType }[] {
  if (typeof type === "string") return []
  switch (type.type) {
    case "struct":
      return type.fields
    case "list":
      return [{ id: type["element-id"], name: "element", type: type.element }]
    default:
      return [
        { id: type["key-id"], name: "key", type: type.key },
        { id: type["value-id"], name: "value", type: type.value },
      ]
  }
}
