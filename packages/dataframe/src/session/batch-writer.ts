import type { RecordBatch } from "apache-arrow"
import { FrameError } from "../errors/frame-error.ts"
import { nearestNames } from "../errors/nearest-names.ts"
import { arrowTypeOf } from "../schema/arrow-type.ts"
import type { Schema } from "../schema/schema.ts"
import type { ColumnBuilder } from "./arrow-builder.ts"
import { builderOf } from "./column-builder.ts"

type Arrow = typeof import("apache-arrow")

/** A batch is given away when it has this many rows, or about this many bytes. */
const BATCH_ROWS = 65_536
const BATCH_BYTES = 2 ** 26

/** Turns row objects into record batches of a schema, and refuses rows that are not of it. */
export class BatchWriter {
  readonly #arrow: Arrow
  readonly #schema: Schema
  readonly #names: readonly string[]
  readonly #columns: readonly ColumnBuilder[]
  /** Rows in the batches that were given away. */
  #given = 0
  #rows = 0

  constructor(schema: Schema, arrow: Arrow) {
    this.#arrow = arrow
    this.#schema = schema
    this.#names = schema.columns.map(column => column.name)
    this.#columns = schema.columns.map(column => builderOf(column.type, arrow))
  }

  /** Adds a row. @throws FrameError `FRAME_ROW_INVALID` naming the row, counted from 0, and the column */
  append(row: unknown): void {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw this.#invalid(`it is ${row === null ? "null" : Array.isArray(row) ? "an array" : `of type ${typeof row}`}`)
    }
    const values = row as { readonly [name: string]: unknown } // an object; what is in it is looked at below
    let present = 0
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i] ?? ""
      const value = values[name]
      if (value === undefined) throw this.#missing(name, values)
      present++
      const invalid = this.#columns[i]?.append(value)
      if (invalid) throw this.#invalid(`${invalid.reason}`, name)
    }
    for (const _ in values) present--
    if (present < 0) throw this.#further(values)
    this.#rows++
  }

  /** Whether the rows should be given away now. */
  isFull(): boolean {
    if (this.#rows >= BATCH_ROWS) return true
    if (this.#rows % 1024 !== 0) return false
    return this.#columns.reduce((sum, column) => sum + column.byteLength, 0) >= BATCH_BYTES
  }

  get isEmpty(): boolean {
    return this.#rows === 0
  }

  /** The rows that were added since the last call. */
  finish(): RecordBatch {
    const batch = batchOf(
      this.#schema,
      this.#columns.map(column => column.finish()),
      this.#rows,
      this.#arrow,
    )
    this.#given += this.#rows
    this.#rows = 0
    return batch
  }

  #missing(name: string, row: { readonly [name: string]: unknown }): FrameError {
    const [near] = nearestNames(
      name,
      Object.keys(row).filter(key => !this.#names.includes(key)),
    )
    return this.#invalid(
      `it has no value${near ? `, and there is '${near}'` : "; write null where there is none"}`,
      name,
    )
  }

  #further(row: { readonly [name: string]: unknown }): FrameError {
    const further = Object.keys(row).find(name => !this.#names.includes(name)) ?? ""
    return this.#invalid("the column is not declared", further)
  }

  #invalid(reason: string, column?: string): FrameError {
    const row = this.#given + this.#rows
    return new FrameError("FRAME_ROW_INVALID", {
      what: `Row ${row}${column === undefined ? "" : `, column '${column}'`}: ${reason}.`,
      why: "Rows made in TypeScript have exactly the declared columns, each with a value of its type or null.",
      fix: "Correct the row, or the declared columns. int64 takes bigint, decimals text, times ISO text or a Date.",
      details: { row, ...(column === undefined ? {} : { column }) },
    })
  }
}

/** A record batch of columns. */
export function batchOf(
  schema: Schema,
  children: readonly import("apache-arrow").Data[],
  rows: number,
  arrow: Arrow,
): RecordBatch {
  const fields = arrowSchemaOf(schema, arrow)
  const data = arrow.makeData({
    type: new arrow.Struct(fields.fields),
    length: rows,
    nullCount: 0,
    children: [...children],
  })
  return new arrow.RecordBatch(fields, data)
}

export function arrowSchemaOf(schema: Schema, arrow: Arrow): import("apache-arrow").Schema {
  return new arrow.Schema(schema.columns.map(({ name, type }) => new arrow.Field(name, arrowTypeOf(type), true)))
}
