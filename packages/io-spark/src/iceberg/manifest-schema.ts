import type { AvroField, AvroSchema } from "./avro-schema.ts"
import { partitionColumn } from "./partition-column.ts"

/** A field that readers of Iceberg know by its number. */
function field(id: number, name: string, type: AvroSchema): AvroField {
  return { name, type, "field-id": id }
}

function optional(id: number, name: string, type: AvroSchema): AvroField {
  return { name, type: ["null", type], default: null, "field-id": id }
}

/** The lines of a manifest: of what the specification has, the fields that this writer knows. */
export function entrySchema(isPartitioned: boolean): AvroSchema {
  const values = isPartitioned ? [optional(1000, partitionColumn, "string")] : []
  const dataFile = [
    field(134, "content", "int"),
    field(100, "file_path", "string"),
    field(101, "file_format", "string"),
    field(102, "partition", { type: "record", name: "r102", fields: values }),
    field(103, "record_count", "long"),
    field(104, "file_size_in_bytes", "long"),
  ]
  return {
    type: "record",
    name: "manifest_entry",
    fields: [
      field(0, "status", "int"),
      optional(1, "snapshot_id", "long"),
      optional(3, "sequence_number", "long"),
      optional(4, "file_sequence_number", "long"),
      field(2, "data_file", { type: "record", name: "r2", fields: dataFile }),
    ],
  }
}

const partitionSummary: AvroSchema = {
  type: "record",
  name: "r508",
  fields: [
    field(509, "contains_null", "boolean"),
    optional(518, "contains_nan", "boolean"),
    optional(510, "lower_bound", "bytes"),
    optional(511, "upper_bound", "bytes"),
  ],
}

/** The lines of a list of manifests. */
export const listSchema: AvroSchema = {
  type: "record",
  name: "manifest_file",
  fields: [
    field(500, "manifest_path", "string"),
    field(501, "manifest_length", "long"),
    field(502, "partition_spec_id", "int"),
    field(517, "content", "int"),
    field(515, "sequence_number", "long"),
    field(516, "min_sequence_number", "long"),
    field(503, "added_snapshot_id", "long"),
    field(504, "added_files_count", "int"),
    field(505, "existing_files_count", "int"),
    field(506, "deleted_files_count", "int"),
    field(512, "added_rows_count", "long"),
    field(513, "existing_rows_count", "long"),
    field(514, "deleted_rows_count", "long"),
    optional(507, "partitions", { type: "array", items: partitionSummary, "element-id": 508 }),
    optional(519, "key_metadata", "bytes"),
  ],
}
