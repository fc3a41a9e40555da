import type { DataType } from "../schema/data-type.ts"
import { daysOf, microsOf, parseDate, parseInstant, parseWallClock } from "../schema/temporal-text.ts"
import { typeName } from "../schema/type-name.ts"
import { type Arrow, ArrowBuilder, type InvalidValue } from "./arrow-builder.ts"
import { unscaledDecimal } from "./decimal-text.ts"

type Values = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array

const arrays = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
  date: Int32Array,
  timestamp: BigInt64Array,
  timestamp_ntz: BigInt64Array,
  decimal: BigInt64Array,
} as const

type FixedKind = keyof typeof arrays

/** Numbers, dates, timestamps and decimals: values of one width each. */
export class FixedBuilder extends ArrowBuilder {
  readonly #kind: FixedKind
  /** Longs in a decimal, else one value a row. */
  readonly #width: number
  #values: Values

  constructor(type: DataType, arrow: Arrow) {
    super(type, arrow)
    if (!(type.kind in arrays)) throw new Error(`No column can be built of type ${typeName(type)}. Please report this.`)
    this.#kind = type.kind as FixedKind // `in` was asked above
    this.#width = type.kind === "decimal" ? 2 : 1
    this.#values = new arrays[this.#kind](1024)
  }

  get byteLength(): number {
    return this.length * this.#width * this.#values.BYTES_PER_ELEMENT
  }

  protected add(value: unknown): InvalidValue | undefined {
    const encoded = encode(value, this.type)
    if (encoded === undefined) return this.invalid(value)
    this.#reserve()
    if (this.#width === 2) {
      const unscaled = encoded as bigint // a decimal's
      this.#values[2 * this.length] = BigInt.asIntN(64, unscaled) as never
      this.#values[2 * this.length + 1] = (unscaled >> 64n) as never
    } else this.#values[this.length] = encoded as never // of the array's own kind
    return undefined
  }

  protected addNull(): void {
    this.#reserve()
  }

  #reserve(): void {
    const needed = (this.length + 1) * this.#width
    if (needed <= this.#values.length) return
    const larger = new arrays[this.#kind](this.#values.length * 2)
    larger.set(this.#values as never)
    this.#values = larger
  }

  protected take(): object {
    const values = this.#values.subarray(0, this.length * this.#width)
    this.#values = new arrays[this.#kind](1024)
    if (this.#width === 1) return { data: values }
    return { data: new Uint32Array(values.buffer, values.byteOffset, values.byteLength >> 2) }
  }
}

/** A value as its column's array holds it; undefined when it is none of the type. */
function encode(value: unknown, type: DataType): number | bigint | undefined {
  switch (type.kind) {
    case "int8":
      return wholeWithin(value, 2 ** 7)
    case "int16":
      return wholeWithin(value, 2 ** 15)
    case "int32":
      return wholeWithin(value, 2 ** 31)
    case "int64":
      if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : undefined
      return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined
    case "float32":
    case "float64":
      return typeof value === "number" ? value : undefined
    case "date":
      if (value instanceof Date) return daysOf(value)
      return typeof value === "string" ? parseDate(value) : undefined
    case "timestamp":
      if (value instanceof Date) return microsOf(value)
      return typeof value === "string" ? parseInstant(value) : undefined
    case "timestamp_ntz":
      if (value instanceof Date) return microsOf(value)
      return typeof value === "string" ? parseWallClock(value) : undefined
    case "decimal":
      return typeof value === "string" ? unscaledDecimal(value, type.precision, type.scale) : undefined
    default:
      return undefined
  }
}

function wholeWithin(value: unknown, limit: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= -limit && value < limit ? value : undefined
}
