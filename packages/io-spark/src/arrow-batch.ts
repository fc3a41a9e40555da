import { arrowTypeOf, dataTypeOf, type Schema, typeName } from "@assets/dataframe"
import type * as Arrow from "apache-arrow"

type ArrowModule = typeof Arrow

/** Gives Spark's Arrow batches the columns of a plan: their names and types, over the same memory. */
export class BatchReader {
  readonly #arrow: ArrowModule
  readonly #schema: Schema
  readonly #arrowSchema: Arrow.Schema

  constructor(arrow: ArrowModule, schema: Schema) {
    this.#arrow = arrow
    this.#schema = schema
    this.#arrowSchema = new arrow.Schema(
      schema.columns.map(({ name, type }) => new arrow.Field(name, arrowTypeOf(type), true)),
    )
  }

  /** @throws Error when a column is not of the type that the plan knows */
  batch(batch: Arrow.RecordBatch): Arrow.RecordBatch {
    const { Struct, RecordBatch, makeData } = this.#arrow
    const children = this.#schema.columns.map((column, i) => this.#column(batch.data.children[i], column))
    const type = new Struct(this.#arrowSchema.fields)
    return new RecordBatch(this.#arrowSchema, makeData({ type, length: batch.numRows, nullCount: 0, children }))
  }

  #column(data: Arrow.Data | undefined, { name, type }: Schema["columns"][number]): Arrow.Data {
    if (data && type.kind === "day_time_interval" && this.#arrow.DataType.isDuration(data.type)) {
      return this.#whole(data, data.values)
    }
    if (data && type.kind === "year_month_interval" && this.#arrow.DataType.isInterval(data.type)) {
      return this.#whole(data, BigInt64Array.from(data.values as Int32Array, BigInt)) // months, in 32 bits
    }
    const found = data && dataTypeOf(data.type)
    if (data && found && typeName(found) === typeName(type)) return data
    throw new Error(`Column '${name}' came as ${data?.type} and not as ${typeName(type)}. Please report this.`)
  }

  /** Intervals as whole numbers: microseconds or months. */
  #whole(data: Arrow.Data, values: BigInt64Array): Arrow.Data<Arrow.Int64> {
    const { Int64, makeData } = this.#arrow
    return makeData({
      type: new Int64(),
      length: data.length,
      nullCount: data.nullCount,
      nullBitmap: data.nullBitmap,
      offset: data.offset,
      data: values,
    })
  }
}
