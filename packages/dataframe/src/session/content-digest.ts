import { createHash } from "node:crypto"
import type { Data, RecordBatch } from "apache-arrow"
import type { DataType } from "../schema/data-type.ts"
import type { Schema } from "../schema/schema.ts"
import { typeName } from "../schema/type-name.ts"
import { readerOf } from "./value-reader.ts"

/** SHA-256 of the rows that flow by: of their values and order, not of how they were cut into batches. */
export class ContentDigest {
  readonly #columns: readonly ColumnDigest[]

  constructor(schema: Schema) {
    this.#columns = schema.columns.map(column => new ColumnDigest(column.name, column.type))
  }

  add(batch: RecordBatch): void {
    for (const [i, column] of this.#columns.entries()) {
      const data = batch.data.children[i]
      if (data) column.add(data)
    }
  }

  /** To be called once, after the last batch. */
  hex(): string {
    const all = createHash("sha256")
    for (const column of this.#columns) all.update(column.digest())
    return all.digest("hex")
  }
}

type FixedValues = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array | Uint32Array

/** Values per row in Arrow's array of a type whose values are of one width. */
const widths: { readonly [kind in DataType["kind"]]?: number } = {
  int8: 1,
  int16: 1,
  int32: 1,
  int64: 1,
  float32: 1,
  float64: 1,
  date: 1,
  timestamp: 1,
  timestamp_ntz: 1,
  decimal: 4,
}

/** Two streams of a column: how long each value is (-1 is null), and the bytes of the values. */
class ColumnDigest {
  readonly #type: DataType
  readonly #lengths = createHash("sha256")
  readonly #bytes = createHash("sha256")

  constructor(name: string, type: DataType) {
    this.#type = type
    this.#lengths.update(`${name}:${typeName(type)}\n`)
  }

  add(data: Data): void {
    const width = widths[this.#type.kind]
    if (width)
      this.#addFixed(data, data.values as FixedValues, width) // one of them by its kind
    else if (isBytes(this.#type) && nullsAreEmpty(data)) this.#addBytes(data)
    else this.#addText(data)
  }

  /** Strings and binaries whose bytes stand one after the other: hashed as they lie in memory. */
  #addBytes(data: Data): void {
    const { valueOffsets: offsets, length } = data
    const lengths = new Int32Array(length)
    for (let i = 0; i < length; i++) lengths[i] = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0)
    for (let i = 0; data.nullCount > 0 && i < length; i++) if (!data.getValid(i)) lengths[i] = -1
    this.#update(lengths, (data.values as Uint8Array).subarray(offsets[0], offsets[length])) // bytes by its kind
  }

  #addFixed(data: Data, all: FixedValues, width: number): void {
    const values = all.slice(0, data.length * width)
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const lengths = new Int32Array(data.length).fill(1)
    const size = values.BYTES_PER_ELEMENT * width
    for (let i = 0; data.nullCount > 0 && i < data.length; i++) {
      if (data.getValid(i)) continue
      lengths[i] = -1
      // what Arrow holds in the place of a null is anything
      bytes.fill(0, i * size, (i + 1) * size)
    }
    this.#update(lengths, bytes)
  }

  #addText(data: Data): void {
    const read = readerOf(data, this.#type)
    const lengths = new Int32Array(data.length)
    const parts: Uint8Array[] = []
    for (let i = 0; i < data.length; i++) {
      const value = read(i)
      // a boolean is told by its length alone
      const bytes = value === null || typeof value === "boolean" ? undefined : bytesOf(value)
      lengths[i] = typeof value === "boolean" ? Number(value) : (bytes?.length ?? -1)
      if (bytes) parts.push(bytes)
    }
    this.#update(lengths, Buffer.concat(parts))
  }

  #update(lengths: Int32Array, bytes: Uint8Array): void {
    this.#lengths.update(new Uint8Array(lengths.buffer, lengths.byteOffset, lengths.byteLength))
    this.#bytes.update(bytes)
  }

  digest(): Buffer {
    return createHash("sha256").update(this.#lengths.digest()).update(this.#bytes.digest()).digest()
  }
}

function isBytes({ kind }: DataType): boolean {
  return kind === "string" || kind === "binary"
}

/** Whether nothing stands in the place of nulls; Arrow allows anything there. */
function nullsAreEmpty(data: Data): boolean {
  const offsets = data.valueOffsets
  for (let i = 0; data.nullCount > 0 && i < data.length; i++) {
    if (!data.getValid(i) && offsets[i] !== offsets[i + 1]) return false
  }
  return true
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value === "string") return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  return Buffer.from(JSON.stringify(value, plain))
}

/** What JSON has no form for. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return { bigint: String(value) }
  if (value instanceof Map) return { map: [...value] }
  if (value instanceof Uint8Array) return { binary: Buffer.from(value).toString("hex") }
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) }
  return value
}
