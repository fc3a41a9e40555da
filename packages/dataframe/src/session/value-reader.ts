import type { Data } from "apache-arrow"
import type { DataType } from "../schema/data-type.ts"
import { dateText, instantText, wallClockText } from "../schema/temporal-text.ts"
import { decimalText } from "./decimal-text.ts"

/** Reads the value of a row from a column of a batch; null where it is null. */
export type ValueReader = (index: number) => unknown

/** Arrow's raw buffers, whose types depend on the column's; `readerOf` is told which. */
type Raw = Data & { readonly values: never; readonly valueOffsets: never }

/**
 * Reads the values of a column as rows give them (see `Row`). It reads Arrow's buffers and not Arrow's own accessors,
 * which round timestamps to milliseconds.
 */
export function readerOf(data: Data, type: DataType): ValueReader {
  const read = valuesOf(data as Raw, type) // the buffers are those of `type`
  return data.nullCount === 0 ? read : index => (data.getValid(index) ? read(index) : null)
}

function valuesOf(data: Raw, type: DataType): ValueReader {
  switch (type.kind) {
    case "boolean": {
      const bits: Uint8Array = data.values
      return index => {
        const at = data.offset + index
        return (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) === 1
      }
    }
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "float32":
    case "float64":
    case "day_time_interval":
    case "year_month_interval": {
      const values: ArrayLike<number | bigint> = data.values
      return index => values[index]
    }
    case "date": {
      const days: Int32Array = data.values
      return index => dateText(days[index] ?? 0)
    }
    case "timestamp":
    case "timestamp_ntz": {
      const micros: BigInt64Array = data.values
      const text = type.kind === "timestamp" ? instantText : wallClockText
      return index => text(micros[index] ?? 0n)
    }
    case "decimal":
      return decimalReader(data.values, type.scale)
    case "string":
    case "binary":
      return bytesReader(data.values, data.valueOffsets, type.kind)
    case "void":
      return () => null
    default:
      return nestedReader(data, type)
  }
}

function bytesReader(values: Uint8Array, offsets: Int32Array, kind: "string" | "binary"): ValueReader {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  if (kind === "binary") return index => new Uint8Array(bytes.subarray(offsets[index], offsets[index + 1]))
  return index => bytes.toString("utf8", offsets[index], offsets[index + 1])
}

/** Decimals are 128 bits, as four words from the lowest. */
function decimalReader(words: Uint32Array, scale: number): ValueReader {
  const longs = new BigInt64Array(words.buffer, words.byteOffset, words.byteLength >> 3)
  return index => {
    const low = BigInt.asUintN(64, longs[2 * index] ?? 0n)
    return decimalText(((longs[2 * index + 1] ?? 0n) << 64n) | low, scale)
  }
}

function nestedReader(data: Raw, type: Extract<DataType, { kind: "array" | "struct" | "map" }>): ValueReader {
  if (type.kind === "struct") {
    const fields = type.fields.map(({ name, type }, i) => [name, readerOf(child(data, i), type)] as const)
    return index => Object.fromEntries(fields.map(([name, read]) => [name, read(index)]))
  }
  const offsets: Int32Array = data.valueOffsets
  const range = (index: number) => {
    const start = offsets[index] ?? 0
    return Array.from({ length: (offsets[index + 1] ?? start) - start }, (_, i) => start + i)
  }
  if (type.kind === "array") {
    const read = readerOf(child(data, 0), type.element)
    return index => range(index).map(read)
  }
  const entries = child(data, 0)
  const [key, value] = [readerOf(child(entries, 0), type.key), readerOf(child(entries, 1), type.value)]
  return index => new Map(range(index).map(at => [key(at), value(at)]))
}

function child(data: Data, index: number): Data {
  const found = data.children[index]
  if (!found) throw new Error("A nested Arrow column has fewer children than its type. Please report this.")
  return found
}
