import type { Data } from "apache-arrow"
import { arrowTypeOf } from "../schema/arrow-type.ts"
import type { DataType } from "../schema/data-type.ts"
import { daysOf, microsOf, parseDate, parseInstant, parseWallClock } from "../schema/temporal-text.ts"
import { typeName } from "../schema/type-name.ts"
import { unscaledDecimal } from "./decimal-text.ts"

type Arrow = typeof import("apache-arrow")

/** Why a value is not one of its column's type. */
export class InvalidValue {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** Collects the values of a column, checks them against its type, and gives them as Arrow data. */
export interface ColumnBuilder {
  /** Adds a value; null and undefined are null. */
  append(value: unknown): InvalidValue | undefined
  readonly length: number
  /** Bytes that were added, about. */
  readonly byteLength: number
  /** What was added since the last call, which begins anew. */
  finish(): Data
}

/** A builder for a type. Strings become plain UTF-8, never a dictionary. */
export function builderOf(type: DataType, arrow: Arrow): ColumnBuilder {
  switch (type.kind) {
    case "boolean":
      return new BooleanBuilder(type, arrow)
    case "string":
    case "binary":
      return new BytesBuilder(type, arrow)
    case "array":
      return new ListBuilder(type, builderOf(type.element, arrow), arrow)
    case "map":
      return new MapBuilder(type, builderOf(type.key, arrow), builderOf(type.value, arrow), arrow)
    case "struct":
      return new StructBuilder(
        type,
        type.fields.map(field => builderOf(field.type, arrow)),
        arrow,
      )
    default:
      return new FixedBuilder(type, arrow)
  }
}

/** What all builders share: the count of rows and which of them are null. */
abstract class Builder implements ColumnBuilder {
  protected readonly type: DataType
  protected readonly arrow: Arrow
  #validity = new Uint8Array(128)
  #nulls = 0
  length = 0

  constructor(type: DataType, arrow: Arrow) {
    this.type = type
    this.arrow = arrow
  }

  append(value: unknown): InvalidValue | undefined {
    if (value === null || value === undefined) {
      this.addNull()
      this.#nulls++
    } else {
      const invalid = this.add(value)
      if (invalid) return invalid
      const byte = this.length >> 3
      if (byte >= this.#validity.length) this.#validity = grown(this.#validity, byte + 1)
      this.#validity[byte] = (this.#validity[byte] ?? 0) | (1 << (this.length & 7))
    }
    this.length++
    return undefined
  }

  abstract readonly byteLength: number
  protected abstract add(value: unknown): InvalidValue | undefined
  protected abstract addNull(): void
  /** The buffers of Arrow's `makeData` for this type, and a fresh start. */
  protected abstract take(): object

  finish(): Data {
    const bytes = (this.length + 7) >> 3
    if (bytes > this.#validity.length) this.#validity = grown(this.#validity, bytes)
    const data = this.arrow.makeData({
      type: arrowTypeOf(this.type),
      length: this.length,
      nullCount: this.#nulls,
      ...(this.#nulls > 0 ? { nullBitmap: this.#validity.subarray(0, bytes) } : {}),
      ...this.take(),
    } as never) // makeData is overloaded by type, which is not known here
    this.#validity = new Uint8Array(128)
    this.#nulls = 0
    this.length = 0
    return data
  }

  protected invalid(value: unknown): InvalidValue {
    return new InvalidValue(`${shown(value)} is not ${article(typeName(this.type))}`)
  }
}

function grown<T extends Uint8Array | Int32Array>(array: T, needed: number): T {
  const Constructor = array.constructor as new (length: number) => T // the array's own class
  const larger = new Constructor(Math.max(needed, array.length * 2))
  larger.set(array as never)
  return larger
}

function article(type: string): string {
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === "bigint") return `${value}n`
  if (typeof value === "object") return `a ${value?.constructor?.name ?? "object"}`
  return String(value)
}

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
class FixedBuilder extends Builder {
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

class BooleanBuilder extends Builder {
  #bits = new Uint8Array(128)

  get byteLength(): number {
    return this.length >> 3
  }

  protected add(value: unknown): InvalidValue | undefined {
    if (typeof value !== "boolean") return this.invalid(value)
    this.addNull()
    if (value) this.#bits[this.length >> 3] = (this.#bits[this.length >> 3] ?? 0) | (1 << (this.length & 7))
    return undefined
  }

  protected addNull(): void {
    const byte = this.length >> 3
    if (byte >= this.#bits.length) this.#bits = grown(this.#bits, byte + 1)
  }

  protected take(): object {
    const data = this.#bits.subarray(0, (this.length + 7) >> 3)
    this.#bits = new Uint8Array(128)
    return { data }
  }
}

/** Strings and binaries: bytes one after the other, and where each begins. */
class BytesBuilder extends Builder {
  #bytes = Buffer.alloc(16_384)
  #used = 0
  #offsets = new Int32Array(1025)

  get byteLength(): number {
    return this.#used + this.length * 4
  }

  protected add(value: unknown): InvalidValue | undefined {
    if (this.type.kind === "binary") {
      if (!(value instanceof Uint8Array)) return this.invalid(value)
      this.#reserve(value.length)
      this.#bytes.set(value, this.#used)
      this.#used += value.length
    } else {
      if (typeof value !== "string") return this.invalid(value)
      this.#reserve(value.length * 3)
      this.#used += this.#bytes.write(value, this.#used, "utf8")
    }
    this.addNull()
    return undefined
  }

  protected addNull(): void {
    if (this.length + 1 >= this.#offsets.length) this.#offsets = grown(this.#offsets, this.length + 2)
    this.#offsets[this.length + 1] = this.#used
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#bytes.length) return
    const larger = Buffer.alloc(Math.max(this.#used + bytes, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }

  protected take(): object {
    const data = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#used)
    const valueOffsets = this.#offsets.subarray(0, this.length + 1)
    this.#bytes = Buffer.alloc(16_384)
    this.#used = 0
    this.#offsets = new Int32Array(1025)
    return { data, valueOffsets }
  }
}

/** Lists: the elements of all rows in one column, and where each row begins. */
class ListBuilder extends Builder {
  readonly #elements: ColumnBuilder
  #offsets = new Int32Array(1025)

  constructor(type: DataType, elements: ColumnBuilder, arrow: Arrow) {
    super(type, arrow)
    this.#elements = elements
  }

  get byteLength(): number {
    return this.length * 4 + this.#elements.byteLength
  }

  protected add(value: unknown): InvalidValue | undefined {
    if (!Array.isArray(value)) return this.invalid(value)
    for (const element of value) {
      const invalid = this.#elements.append(element)
      if (invalid) return invalid
    }
    this.addNull()
    return undefined
  }

  protected addNull(): void {
    if (this.length + 1 >= this.#offsets.length) this.#offsets = grown(this.#offsets, this.length + 2)
    this.#offsets[this.length + 1] = this.#elements.length
  }

  protected take(): object {
    const valueOffsets = this.#offsets.subarray(0, this.length + 1)
    this.#offsets = new Int32Array(1025)
    return { valueOffsets, child: this.#elements.finish() }
  }
}

class StructBuilder extends Builder {
  readonly #fields: readonly ColumnBuilder[]
  readonly #names: readonly string[]

  constructor(type: Extract<DataType, { kind: "struct" }>, fields: readonly ColumnBuilder[], arrow: Arrow) {
    super(type, arrow)
    this.#fields = fields
    this.#names = type.fields.map(field => field.name)
  }

  get byteLength(): number {
    return this.#fields.reduce((sum, field) => sum + field.byteLength, 0)
  }

  protected add(value: unknown): InvalidValue | undefined {
    if (typeof value !== "object" || Array.isArray(value) || value instanceof Map || value instanceof Date) {
      return this.invalid(value)
    }
    const unknown = Object.keys(value as object).find(name => !this.#names.includes(name))
    if (unknown !== undefined) return new InvalidValue(`the field '${unknown}' is not one of ${typeName(this.type)}`)
    for (const [i, field] of this.#fields.entries()) {
      const invalid = field.append((value as { [name: string]: unknown })[this.#names[i] ?? ""])
      if (invalid) return invalid
    }
    return undefined
  }

  protected addNull(): void {
    for (const field of this.#fields) field.append(null)
  }

  protected take(): object {
    return { children: this.#fields.map(field => field.finish()) }
  }
}

class MapBuilder extends Builder {
  readonly #keys: ColumnBuilder
  readonly #values: ColumnBuilder
  #offsets = new Int32Array(1025)

  constructor(type: DataType, keys: ColumnBuilder, values: ColumnBuilder, arrow: Arrow) {
    super(type, arrow)
    this.#keys = keys
    this.#values = values
  }

  get byteLength(): number {
    return this.length * 4 + this.#keys.byteLength + this.#values.byteLength
  }

  protected add(value: unknown): InvalidValue | undefined {
    if (!(value instanceof Map)) return this.invalid(value)
    for (const [key, entry] of value) {
      if (key === null || key === undefined) return new InvalidValue("a key of the map is null")
      const invalid = this.#keys.append(key) ?? this.#values.append(entry)
      if (invalid) return invalid
    }
    this.addNull()
    return undefined
  }

  protected addNull(): void {
    if (this.length + 1 >= this.#offsets.length) this.#offsets = grown(this.#offsets, this.length + 2)
    this.#offsets[this.length + 1] = this.#keys.length
  }

  protected take(): object {
    const valueOffsets = this.#offsets.subarray(0, this.length + 1)
    const length = this.#keys.length
    const entriesType = arrowTypeOf(this.type).children[0]?.type
    const children = [this.#keys.finish(), this.#values.finish()]
    this.#offsets = new Int32Array(1025)
    const child = this.arrow.makeData({ type: entriesType, length, nullCount: 0, children } as never) // as in finish()
    return { valueOffsets, child }
  }
}
