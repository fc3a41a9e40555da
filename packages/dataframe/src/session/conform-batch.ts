import type { Data, RecordBatch, Vector } from "apache-arrow"
import { FrameError } from "../errors/frame-error.ts"
import { dataTypeOf } from "../schema/arrow-type.ts"
import type { Column } from "../schema/data-type.ts"
import type { Schema } from "../schema/schema.ts"
import { sameType, typeName } from "../schema/type-name.ts"
import { batchOf } from "./batch-writer.ts"
import { builderOf } from "./column-builder.ts"

type Arrow = typeof import("apache-arrow")

/**
 * An Arrow batch with exactly the columns of a schema, in its order. Columns of the type are passed on as they are;
 * dictionaries and narrower numbers are written out.
 * @throws FrameError `FRAME_SCHEMA_MISMATCH`, `FRAME_ROW_INVALID`
 */
export function conformBatch(batch: RecordBatch, schema: Schema, arrow: Arrow, firstRow: number): RecordBatch {
  const names = batch.schema.fields.map(field => field.name)
  const further = names.find(name => !schema.columns.some(column => column.name.toLowerCase() === name.toLowerCase()))
  if (further !== undefined) throw mismatch(`the column '${further}' is not declared`, further)
  const children = schema.columns.map((column): Data => {
    const at = names.findIndex(name => name.toLowerCase() === column.name.toLowerCase())
    const data = batch.data.children[at]
    const vector = batch.getChildAt(at)
    if (at < 0 || !data || !vector) throw mismatch(`the column '${column.name}' is missing`, column.name)
    const type = dataTypeOf(data.type)
    return type && sameType(type, column.type) ? data : written(vector, column, arrow, firstRow)
  })
  return batchOf(schema, children, batch.numRows, arrow)
}

/** The column built anew from its values. */
function written(vector: Vector, column: Column, arrow: Arrow, firstRow: number): Data {
  const { isTimestamp, isDate, isList, isStruct, isMap, isDecimal } = arrow.DataType
  if ([isTimestamp, isDate, isList, isStruct, isMap, isDecimal].some(is => is(vector.type))) {
    // Arrow gives values of these types rounded, or as vectors of its own.
    throw mismatch(`the column '${column.name}' is ${vector.type} and not ${typeName(column.type)}`, column.name)
  }
  const builder = builderOf(column.type, arrow)
  for (let i = 0; i < vector.length; i++) {
    const invalid = builder.append(vector.get(i))
    if (invalid) {
      throw new FrameError("FRAME_ROW_INVALID", {
        what: `Row ${firstRow + i}, column '${column.name}': ${invalid.reason}.`,
        why: `The Arrow column is ${vector.type}, the declared one ${typeName(column.type)}.`,
        fix: "Give the column its declared type, or change the declaration.",
        details: { row: firstRow + i, column: column.name },
      })
    }
  }
  return builder.finish()
}

function mismatch(fault: string, column: string): FrameError {
  return new FrameError("FRAME_SCHEMA_MISMATCH", {
    what: `The Arrow data is not of the declared columns: ${fault}.`,
    why: "What an asset returns is exact: no column is missing, further or of another type.",
    fix: "Change the data or the declaration.",
    details: { columns: [column] },
  })
}
