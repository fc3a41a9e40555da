import { StorageError } from "@assets/core"
import { arrowTypeOf, type DataType, type Schema, typeName } from "@assets/dataframe"
import type { DuckDBAppender, DuckDBDataChunk } from "@duckdb/node-api"
import type { Vector } from "@duckdb/node-bindings"
import type * as Arrow from "apache-arrow"
import { decimalWidth, elementOf, widths } from "./arrow-reader.ts"
import type { DuckdbBindings } from "./duckdb-bindings.ts"

type Data = Arrow.Data

/** A text up to this many bytes is kept in the vector itself. */
const inlineBytes = 12

/** Appends Arrow record batches to a DuckDB table, vector by vector. */
export class ArrowWriter {
  readonly #arrow: typeof Arrow
  readonly #duckdb: DuckdbBindings
  readonly #schema: Schema
  readonly #appender: DuckDBAppender
  readonly #chunk: DuckDBDataChunk
  readonly #capacity: number

  constructor(
    arrow: typeof Arrow,
    duckdb: DuckdbBindings,
    schema: Schema,
    appender: DuckDBAppender,
    chunk: DuckDBDataChunk,
  ) {
    this.#arrow = arrow
    this.#duckdb = duckdb
    this.#schema = schema
    this.#appender = appender
    this.#chunk = chunk
    this.#capacity = duckdb.vector_size()
  }

  append(batch: Arrow.RecordBatch): void {
    const columns = this.#schema.columns.map((column, i) => {
      const data = batch.data.children[i]
      if (!data) throw new Error(`The batch has no column '${column.name}'. Please report this.`)
      return this.#canonical(column.name, column.type, data)
    })
    for (let start = 0; start < batch.numRows; start += this.#capacity) {
      const rows = Math.min(this.#capacity, batch.numRows - start)
      this.#chunk.reset()
      for (const [i, column] of this.#schema.columns.entries()) {
        const vector = this.#duckdb.data_chunk_get_vector(this.#chunk.chunk, i)
        this.#write(vector, column.type, columns[i] as Data, start, rows, undefined) // one for each column, made above
      }
      this.#chunk.rowCount = rows
      this.#appender.appendDataChunk(this.#chunk)
    }
  }

  /** The column in the one Arrow type that stands for its type; dictionaries and large texts are rewritten. */
  #canonical(name: string, type: DataType, data: Data): Data {
    const wanted = arrowTypeOf(type)
    if (this.#sameLayout(wanted, data.type)) return data
    const vector = new this.#arrow.Vector([data])
    const decoded = this.#arrow.DataType.isDictionary(data.type) ? data.type.dictionary : data.type
    if (!this.#sameFamily(wanted, decoded)) {
      throw new StorageError("VALUE_INVALID", {
        what: `The column '${name}' came as Arrow's ${data.type}, and is declared as ${typeName(type)}.`,
        why: "Batches are stored as they are; they are not converted.",
        fix: `Give the column the type ${wanted}, or declare it as what it is.`,
        details: { column: name },
      })
    }
    return this.#arrow.vectorFromArray([...vector], wanted).data[0] as Data // a column of one batch gives one Data
  }

  #sameLayout(wanted: Arrow.DataType, given: Arrow.DataType): boolean {
    if (wanted.typeId !== given.typeId || String(wanted) !== String(given)) {
      if (!this.#nested(wanted) || wanted.typeId !== given.typeId) return false
      const inner = given.children ?? []
      return (wanted.children ?? []).every(
        (field, i) => inner[i] !== undefined && this.#sameLayout(field.type, inner[i].type),
      )
    }
    return true
  }

  #nested(type: Arrow.DataType): boolean {
    return this.#arrow.DataType.isList(type) || this.#arrow.DataType.isStruct(type) || this.#arrow.DataType.isMap(type)
  }

  #sameFamily(wanted: Arrow.DataType, given: Arrow.DataType): boolean {
    if (this.#sameLayout(wanted, given)) return true
    const { Type } = this.#arrow
    if (wanted.typeId === Type.Utf8) return given.typeId === Type.LargeUtf8
    return wanted.typeId === Type.Binary && given.typeId === Type.LargeBinary
  }

  /** Writes rows `start` to `start + rows` of `data`. `outer` tells which rows of what holds them are null. */
  #write(vector: Vector, type: DataType, data: Data, start: number, rows: number, outer: Uint8Array | undefined): void {
    const valid = this.#validity(vector, data, start, rows, outer)
    switch (type.kind) {
      case "boolean":
        this.#put(vector, booleans(data, start, rows))
        return
      case "decimal":
        this.#put(vector, decimals(data, start, rows, decimalWidth(type.precision)))
        return
      case "string":
      case "binary":
        this.#writeStrings(vector, data, start, rows)
        return
      case "array":
      case "map":
        this.#writeLists(vector, elementOf(type), data, start, rows)
        return
      case "struct":
        for (const [i, field] of type.fields.entries()) {
          const child = data.children[i] as Data // the layout was compared in `append`
          this.#write(this.#duckdb.struct_vector_get_child(vector, i), field.type, child, start, rows, valid)
        }
        return
      default: {
        const width = widths[type.kind]
        if (width === undefined) throw new Error(`A column of ${type.kind} reached the writer. Please report this.`)
        const { values } = data
        this.#put(vector, new Uint8Array(values.buffer, values.byteOffset + start * width, rows * width))
      }
    }
  }

  #put(vector: Vector, bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    this.#duckdb.copy_data_to_vector(vector, 0, bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
  }

  /** DuckDB wants the fields of a null struct to be null, too. Returns the validity; undefined when nothing is null. */
  #validity(
    vector: Vector,
    data: Data,
    start: number,
    rows: number,
    outer: Uint8Array | undefined,
  ): Uint8Array | undefined {
    const own = data.nullBitmap
    const hasOwn = data.nullCount > 0 && own && own.byteLength > 0
    if (!hasOwn && !outer) return undefined
    const bits = new Uint8Array(Math.ceil(rows / 64) * 8).fill(255)
    for (let i = 0; i < rows; i++) {
      const bit = data.offset + start + i
      const valid =
        (!hasOwn || ((own[bit >> 3] ?? 0) >> (bit & 7)) & 1) && (!outer || ((outer[i >> 3] ?? 0) >> (i & 7)) & 1)
      if (!valid) bits[i >> 3] = (bits[i >> 3] ?? 0) & ~(1 << (i & 7))
    }
    this.#duckdb.vector_ensure_validity_writable(vector)
    this.#duckdb.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength)
    return bits
  }

  #writeStrings(vector: Vector, data: Data, start: number, rows: number): void {
    const { valueOffsets: offsets, values } = data
    const inline = new Uint8Array(rows * 16)
    const sizes = new Uint32Array(inline.buffer)
    for (let i = 0; i < rows; i++) {
      const from = Number(offsets[start + i])
      const size = Number(offsets[start + i + 1]) - from
      if (size > inlineBytes) continue
      sizes[i * 4] = size
      for (let byte = 0; byte < size; byte++) inline[i * 16 + 4 + byte] = values[from + byte]
    }
    this.#put(vector, inline)
    for (let i = 0; i < rows; i++) {
      const from = Number(offsets[start + i])
      const to = Number(offsets[start + i + 1])
      if (to - from > inlineBytes) {
        this.#duckdb.vector_assign_string_element_len(vector, i, values.subarray(from, to))
      }
    }
  }

  #writeLists(vector: Vector, element: DataType, data: Data, start: number, rows: number): void {
    const { valueOffsets: offsets } = data
    const first = Number(offsets[start])
    const total = Number(offsets[start + rows]) - first
    const entries = new Uint32Array(rows * 4)
    for (let i = 0; i < rows; i++) {
      entries[i * 4] = Number(offsets[start + i]) - first
      entries[i * 4 + 2] = Number(offsets[start + i + 1]) - Number(offsets[start + i])
    }
    this.#put(vector, new Uint8Array(entries.buffer))
    this.#duckdb.list_vector_reserve(vector, total)
    this.#duckdb.list_vector_set_size(vector, total)
    const child = data.children[0] as Data // lists and maps have one
    if (total > 0) this.#write(this.#duckdb.list_vector_get_child(vector), element, child, first, total, undefined)
  }
}

function booleans(data: Data, start: number, rows: number): Uint8Array {
  const bytes = new Uint8Array(rows)
  const bits = data.values as Uint8Array
  for (let i = 0; i < rows; i++) {
    const bit = data.offset + start + i
    bytes[i] = ((bits[bit >> 3] ?? 0) >> (bit & 7)) & 1
  }
  return bytes
}

/** The low bytes of Arrow's 128 bits: DuckDB keeps as many as the digits need. */
function decimals(data: Data, start: number, rows: number, width: number): Uint8Array {
  const { values } = data
  const all = new Uint8Array(values.buffer, values.byteOffset + start * 16, rows * 16)
  if (width === 16) return all
  const bytes = new Uint8Array(rows * width)
  for (let i = 0; i < rows; i++) {
    for (let byte = 0; byte < width; byte++) bytes[i * width + byte] = all[i * 16 + byte] ?? 0
  }
  return bytes
}
