/** The parts of Avro's schemas that manifests are made of. */
export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | { readonly type: "record"; readonly name: string; readonly fields: readonly AvroField[] }
  | { readonly type: "array"; readonly items: AvroSchema; readonly [attribute: string]: unknown }
  | { readonly type: "map"; readonly values: AvroSchema }
  | { readonly type: "fixed"; readonly name: string; readonly size: number }
  | { readonly type: "primitive" }

export interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  /** By which readers of Iceberg know a field. */
  readonly "field-id"?: number
  readonly default?: null
}

/** Whole numbers are bigints: an id of Iceberg has 64 bits. */
export type AvroValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly AvroValue[]
  | { readonly [field: string]: AvroValue }

export interface AvroRecord {
  readonly [field: string]: AvroValue
}
