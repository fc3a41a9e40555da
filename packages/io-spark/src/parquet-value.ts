import type { DataType } from "@assets/dataframe"
import type { Extreme } from "./file-footer.ts"

/** A value as Spark stores it in Parquet; undefined for types whose bytes have no order that is told. */
export function parquetValue(bytes: Buffer, type: DataType): Extreme | undefined {
  switch (type.kind) {
    case "boolean":
      return bytes[0]
    case "int8":
    case "int16":
    case "int32":
    case "date":
      return bytes.readInt32LE()
    case "int64":
    case "timestamp":
    case "timestamp_ntz":
      return bytes.readBigInt64LE()
    case "float32":
      return bytes.readFloatLE()
    case "float64":
      return bytes.readDoubleLE()
    case "string":
      return bytes
    case "decimal":
      return unscaled(bytes, type.precision)
    default:
      return undefined
  }
}

/** Up to 9 digits in 32 bits, up to 18 in 64, more as big-endian bytes. */
function unscaled(bytes: Buffer, precision: number): bigint {
  if (precision <= 9) return BigInt(bytes.readInt32LE())
  if (precision <= 18) return bytes.readBigInt64LE()
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`))
}
