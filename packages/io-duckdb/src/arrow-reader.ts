import type { RecordBatch } from "@assets/core"
import { arrowTypeOf, type DataType, type Schema } from "@assets/dataframe"
import type { DuckDBDataChunk } from "@duckdb/node-api"
import type { Vector } from "@duckdb/node-bindings"
import type * as Arrow from "apache-arrow"
import type { DuckdbBindings } from "./duckdb-bindings.ts"
import { readStrings } from "./string-vector.ts"
import { lengthOf, type Piece } from "./vector-piece.ts"

type ArrowModule = typeof Arrow
type Data = Arrow.Data

/** Bytes of a value in a DuckDB vector and in an Arrow array, where the two hold the same. */
export const widths: { readonly [kind: string]: number } = {
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float32: 4,
  float64: 8,
  date: 4,
  timestamp: 8,
  timestamp_ntz: 8,
}

const arrayTypes = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
  date: Int32Array,
  timestamp: BigInt64Array,
  timestamp_ntz: BigInt64Array,
} as const

/** Turns chunks of DuckDB's vectors into Arrow record batches, column by column, without a value in between. */
export class ArrowReader {
  readonly #arrow: ArrowModule
  readonly #duckdb: DuckdbBindings
  readonly #columns: Schema["columns"]
  readonly #schema: Arrow.Schema

  constructor(arrow: ArrowModule, duckdb: DuckdbBindings, schema: Schema) {
    this.#arrow = arrow
    this.#duckdb = duckdb
    this.#columns = schema.columns
    this.#schema = new arrow.Schema(
      schema.columns.map(column => new arrow.Field(column.name, arrowTypeOf(column.type), true)),
    )
  }

  /** One batch of the rows of all chunks. */
  batch(chunks: readonly DuckDBDataChunk[]): RecordBatch {
    const children = this.#columns.map((column, i) =>
      this.#read(
        column.type,
        chunks.map(({ chunk, rowCount }) => ({ vector: this.#duckdb.data_chunk_get_vector(chunk, i), rows: rowCount })),
      ),
    )
    const length = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
    const type = new this.#arrow.Struct(this.#schema.fields)
    return new this.#arrow.RecordBatch(this.#schema, this.#arrow.makeData({ type, length, nullCount: 0, children }))
  }

  /** About how many bytes the texts of a chunk take: what makes one chunk much larger than another. */
  variableBytes(chunk: DuckDBDataChunk): number {
    let bytes = 0
    for (const [i, column] of this.#columns.entries()) {
      bytes += this.#textBytes(column.type, this.#duckdb.data_chunk_get_vector(chunk.chunk, i), chunk.rowCount)
    }
    return bytes
  }

  #textBytes(type: DataType, vector: Vector, rows: number): number {
    if (rows === 0) return 0
    switch (type.kind) {
      case "string":
      case "binary": {
        const words = this.#words(vector, rows, 16)
        let bytes = 0
        for (let i = 0; i < rows; i++) bytes += words[i * 4] ?? 0
        return bytes
      }
      case "array":
      case "map": {
        const child = this.#duckdb.list_vector_get_child(vector)
        const size = this.#duckdb.list_vector_get_size(vector)
        return size * 8 + this.#textBytes(elementOf(type), child, size)
      }
      case "struct":
        return type.fields.reduce(
          (sum, field, i) => sum + this.#textBytes(field.type, this.#duckdb.struct_vector_get_child(vector, i), rows),
          0,
        )
      default:
        return 0
    }
  }

  #read(type: DataType, pieces: readonly Piece[]): Data {
    const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0)
    const { nullCount, nullBitmap } = this.#validity(pieces, length)
    const base = { length, nullCount, nullBitmap }
    const arrowType = arrowTypeOf(type)
    // The cast to `never`: makeData is typed per Arrow type, which is known only at run time here.
    const make = (parts: object) => this.#arrow.makeData({ type: arrowType, ...base, ...parts } as never) as Data
    switch (type.kind) {
      case "boolean":
        return make({ data: this.#booleans(pieces, length) })
      case "decimal":
        return make({ data: this.#decimals(pieces, length, type.precision) })
      case "string":
      case "binary": {
        const { valueOffsets, data } = readStrings(this.#duckdb, pieces, length, nullBitmap)
        return make({ valueOffsets, data })
      }
      case "array":
      case "map": {
        const { valueOffsets, elements } = this.#lists(pieces, length, nullBitmap)
        return make({ valueOffsets, child: this.#read(elementOf(type), elements) })
      }
      case "struct":
        return make({ children: type.fields.map((field, i) => this.#read(field.type, this.#fields(pieces, i))) })
      case "void":
        return this.#arrow.makeData({ type: new this.#arrow.Null(), length }) as Data
      case "day_time_interval":
      case "year_month_interval":
        return make({ data: this.#intervals(pieces, length, type.kind === "day_time_interval") })
      default: {
        const bytes = this.#fixed(pieces, length, widths[type.kind] ?? 0)
        return make({ data: new arrayTypes[type.kind](bytes.buffer) })
      }
    }
  }

  /** The first words, 32 bits each, of values of `width` bytes. */
  #words(vector: Vector, rows: number, width: number): Uint32Array {
    const bytes = this.#duckdb.vector_get_data(vector, rows * width)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, (rows * width) / 4)
  }

  #validity(pieces: readonly Piece[], length: number): { nullCount: number; nullBitmap: Uint8Array | null } {
    const masks = pieces.map(piece =>
      piece.rows === 0 ? null : this.#duckdb.vector_get_validity(piece.vector, Math.ceil(piece.rows / 64) * 8),
    )
    if (masks.every(mask => !mask)) return { nullCount: 0, nullBitmap: null }
    const bitmap = new Uint8Array(Math.ceil(length / 64) * 8).fill(255)
    let nullCount = 0
    let at = 0
    for (const [i, piece] of pieces.entries()) {
      const mask = masks[i]
      const count = lengthOf(piece)
      for (let n = 0; mask && n < count; n++) {
        const row = piece.select?.[n] ?? n
        if (((mask[row >> 3] ?? 0) >> (row & 7)) & 1) continue
        const bit = at + n
        bitmap[bit >> 3] = (bitmap[bit >> 3] ?? 0) & ~(1 << (bit & 7))
        nullCount++
      }
      at += count
    }
    return { nullCount, nullBitmap: nullCount === 0 ? null : bitmap }
  }

  #fixed(pieces: readonly Piece[], length: number, width: number): Uint8Array<ArrayBuffer> {
    const target = new Uint8Array(length * width)
    let at = 0
    for (const piece of pieces) {
      const { vector, rows, select } = piece
      if (rows > 0) {
        const source = this.#duckdb.vector_get_data(vector, rows * width)
        if (select) {
          for (const [n, row] of select.entries()) {
            const from = row * width
            for (let byte = 0; byte < width; byte++) target[at + n * width + byte] = source[from + byte] ?? 0
          }
        } else target.set(source, at)
      }
      at += lengthOf(piece) * width
    }
    return target
  }

  #booleans(pieces: readonly Piece[], length: number): Uint8Array {
    const bytes = this.#fixed(pieces, length, 1)
    const bits = new Uint8Array(Math.ceil(length / 64) * 8)
    for (let i = 0; i < length; i++) if (bytes[i]) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
    return bits
  }

  /** Arrow's decimals have 128 bits; DuckDB's as many as their digits need. */
  #decimals(pieces: readonly Piece[], length: number, precision: number): Uint32Array {
    const width = decimalWidth(precision)
    const bytes = this.#fixed(pieces, length, width)
    if (width === 16) return new Uint32Array(bytes.buffer)
    const words = new Int32Array(length * 4)
    const narrow = width === 2 ? new Int16Array(bytes.buffer) : new Int32Array(bytes.buffer)
    const low = width === 8 ? 2 : 1
    for (let i = 0; i < length; i++) {
      const last = narrow[i * low + low - 1] ?? 0
      words[i * 4] = narrow[i * low] ?? 0
      words.fill(last >> 31, i * 4 + low, i * 4 + 4)
      if (low === 2) words[i * 4 + 1] = last
    }
    return new Uint32Array(words.buffer)
  }

  /** Months, or microseconds, of DuckDB's intervals of months, days and microseconds. */
  #intervals(pieces: readonly Piece[], length: number, dayTime: boolean): BigInt64Array {
    const view = new DataView(this.#fixed(pieces, length, 16).buffer)
    return BigInt64Array.from({ length }, (_, i) =>
      dayTime
        ? BigInt(view.getInt32(i * 16 + 4, true)) * 86_400_000_000n + view.getBigInt64(i * 16 + 8, true)
        : BigInt(view.getInt32(i * 16, true)),
    )
  }

  #fields(pieces: readonly Piece[], index: number): Piece[] {
    return pieces.map(piece => ({ ...piece, vector: this.#duckdb.struct_vector_get_child(piece.vector, index) }))
  }

  /** Where each list begins and ends in Arrow, and the rows of the child vectors in that order. */
  #lists(
    pieces: readonly Piece[],
    length: number,
    nullBitmap: Uint8Array | null,
  ): { valueOffsets: Int32Array; elements: Piece[] } {
    const valueOffsets = new Int32Array(length + 1)
    const elements: Piece[] = []
    let at = 0
    let total = 0
    for (const piece of pieces) {
      const count = lengthOf(piece)
      const entries = piece.rows === 0 ? new Uint32Array() : this.#words(piece.vector, piece.rows, 16)
      const rows = this.#duckdb.list_vector_get_size(piece.vector)
      const start = total
      let contiguous = true
      for (let n = 0; n < count; n++) {
        const row = piece.select?.[n] ?? n
        const valid = !nullBitmap || ((nullBitmap[(at + n) >> 3] ?? 0) >> ((at + n) & 7)) & 1
        const size = valid ? (entries[row * 4 + 2] ?? 0) : 0
        if (size > 0 && entries[row * 4] !== total - start) contiguous = false
        total += size
        valueOffsets[at + n + 1] = total
      }
      const vector = this.#duckdb.list_vector_get_child(piece.vector)
      if (contiguous && total - start === rows) elements.push({ vector, rows })
      else elements.push({ vector, rows, select: selected(piece, entries, valueOffsets, at, start, total) })
      at += count
    }
    return { valueOffsets, elements }
  }
}

/** The rows of the child that the lists of a piece name, list after list. */
function selected(
  piece: Piece,
  entries: Uint32Array,
  valueOffsets: Int32Array,
  at: number,
  start: number,
  total: number,
): Uint32Array {
  const select = new Uint32Array(total - start)
  for (let n = 0; n < lengthOf(piece); n++) {
    const offset = entries[(piece.select?.[n] ?? n) * 4] ?? 0
    const from = (valueOffsets[at + n] ?? 0) - start
    const to = (valueOffsets[at + n + 1] ?? 0) - start
    for (let i = from; i < to; i++) select[i] = offset + i - from
  }
  return select
}

/** The type of what a list holds; a map is a list of its entries. */
export function elementOf(type: DataType & { readonly kind: "array" | "map" }): DataType {
  if (type.kind === "array") return type.element
  return {
    kind: "struct",
    fields: [
      { name: "key", type: type.key },
      { name: "value", type: type.value },
    ],
  }
}

/** Bytes of a decimal in a DuckDB vector. */
export function decimalWidth(precision: number): number {
  if (precision <= 4) return 2
  if (precision <= 9) return 4
  return precision <= 18 ? 8 : 16
}
