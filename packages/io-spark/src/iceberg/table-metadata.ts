/** An id of Iceberg's: 64 bits, of which those that others make use all. */
export type Id = number | bigint

export function sameId(a: Id | null | undefined, b: Id | null | undefined): boolean {
  return String(a ?? "") === String(b ?? "")
}

/** The metadata of a table, as Iceberg's specification has it in JSON. What is not named here is carried over. */
export interface TableMetadata {
  readonly "format-version": number
  readonly "table-uuid": string
  readonly location: string
  readonly "last-sequence-number": number
  readonly "last-updated-ms": number
  readonly "last-column-id": number
  readonly schemas: readonly IcebergSchema[]
  readonly "current-schema-id": number
  readonly "partition-specs": readonly PartitionSpec[]
  readonly "default-spec-id": number
  readonly "last-partition-id": number
  readonly "sort-orders": readonly { readonly "order-id": number; readonly fields: readonly unknown[] }[]
  readonly "default-sort-order-id": number
  readonly properties: { readonly [name: string]: string }
  readonly "current-snapshot-id"?: Id | null
  readonly refs?: { readonly [name: string]: { readonly "snapshot-id": Id; readonly type: string } }
  readonly snapshots?: readonly Snapshot[]
  readonly "snapshot-log"?: readonly { readonly "snapshot-id": Id; readonly "timestamp-ms": number }[]
  readonly "metadata-log"?: readonly { readonly "metadata-file": string; readonly "timestamp-ms": number }[]
}

export interface Snapshot {
  readonly "snapshot-id": Id
  readonly "parent-snapshot-id"?: Id
  readonly "sequence-number"?: number
  readonly "timestamp-ms": number
  readonly summary: { readonly operation: string; readonly [name: string]: string }
  readonly "manifest-list": string
  readonly "schema-id": number
}

export interface PartitionSpec {
  readonly "spec-id": number
  readonly fields: readonly {
    readonly name: string
    readonly transform: string
    readonly "source-id": number
    readonly "field-id": number
  }[]
}

export interface IcebergSchema extends StructType {
  readonly "schema-id": number
}

export interface StructType {
  readonly type: "struct"
  readonly fields: readonly StructField[]
}

export interface StructField {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: IcebergType
}

export type IcebergType =
  | string
  | StructType
  | {
      readonly type: "list"
      readonly "element-id": number
      readonly element: IcebergType
      readonly "element-required": boolean
    }
  | {
      readonly type: "map"
      readonly "key-id": number
      readonly key: IcebergType
      readonly "value-id": number
      readonly value: IcebergType
      readonly "value-required": boolean
    }

const mark = "\u0000integer:"

/** Whole numbers that JavaScript's numbers would round are read as bigints. @throws SyntaxError for what is no JSON */
export function parseWide<T>(text: string): T {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.])-?\d{16,}(?![\d.eE])/g, found =>
    found.startsWith('"') ? found : JSON.stringify(`${mark}${found}`),
  )
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  )
}

export function formatWide(value: unknown): string {
  const marked = JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${mark}${one}` : one))
  return marked.replace(/"\\u0000integer:(-?\d+)"/g, "$1")
}

/** The snapshot that readers see; undefined of a table that was never written. */
export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return snapshotOf(metadata, metadata["current-snapshot-id"])
}

export function snapshotOf({ snapshots = [] }: TableMetadata, id: Id | null | undefined): Snapshot | undefined {
  return snapshots.find(one => sameId(one["snapshot-id"], id))
}
