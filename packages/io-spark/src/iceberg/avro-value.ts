import type { AvroSchema, AvroValue } from "./avro-schema.ts"

type NamedTypes = Map<string, AvroSchema>

/** Reads values of Avro's binary form, one after the other. */
export class AvroReader {
  readonly #bytes: Buffer
  #at = 0
  readonly #named: NamedTypes = new Map()

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new RangeError("It ends within a value.")
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  long(): bigint {
    let zigzag = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.take(1)[0] ?? 0
      zigzag |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))
    }
  }

  bytes(): Buffer {
    return this.take(Number(this.long()))
  }

  value(schema: AvroSchema): AvroValue {
    const type = resolved(schema, this.#named)
    if (typeof type === "string") return this.#primitive(type)
    if (isUnion(type)) return this.value(type[Number(this.long())] ?? "null")
    switch (type.type) {
      case "record":
        return Object.fromEntries(type.fields.map(field => [field.name, this.value(field.type)]))
      case "array":
        return [...this.#items(() => this.value(type.items))]
      case "map":
        return Object.fromEntries(this.#items(() => [this.bytes().toString("utf8"), this.value(type.values)] as const))
      case "fixed":
        return this.take(type.size)
      default:
        return this.#primitive(type.type)
    }
  }

  *#items<T>(item: () => T): Generator<T> {
    for (let count = this.long(); count !== 0n; count = this.long()) {
      if (count < 0n) this.long() // the size of the block in bytes
      for (let left = count < 0n ? -count : count; left > 0n; left--) yield item()
    }
  }

  #primitive(type: string): AvroValue {
    switch (type) {
      case "null":
        return null
      case "boolean":
        return this.take(1)[0] === 1
      case "int":
      case "long":
        return this.long()
      case "float":
        return this.take(4).readFloatLE()
      case "double":
        return this.take(8).readDoubleLE()
      case "bytes":
        return this.bytes()
      case "string":
        return this.bytes().toString("utf8")
      default:
        throw new RangeError(`It has a value of the type '${type}'.`)
    }
  }
}

/** Makes Avro's binary form of values. */
export class AvroWriter {
  readonly #parts: Uint8Array[] = []
  readonly #named: NamedTypes = new Map()

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }

  put(bytes: Uint8Array): void {
    this.#parts.push(bytes)
  }

  long(value: bigint): void {
    const bytes: number[] = []
    let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    for (; zigzag > 0x7fn; zigzag >>= 7n) bytes.push(Number(zigzag & 0x7fn) | 0x80)
    this.put(Uint8Array.from([...bytes, Number(zigzag)]))
  }

  bytes(value: Uint8Array): void {
    this.long(BigInt(value.length))
    this.put(value)
  }

  text(value: string): void {
    this.bytes(Buffer.from(value, "utf8"))
  }

  value(schema: AvroSchema, value: AvroValue): void {
    const type = resolved(schema, this.#named)
    if (typeof type === "string") this.#primitive(type, value)
    else if (isUnion(type)) this.#union(type, value)
    else if (type.type === "record") {
      const fields = value as { readonly [field: string]: AvroValue } // as the schema has it
      for (const field of type.fields) this.value(field.type, fields[field.name] ?? null)
    } else if (type.type === "array") {
      this.#items(value as readonly AvroValue[], item => this.value(type.items, item))
    } else if (type.type === "map") {
      this.#items(Object.entries(value as { readonly [key: string]: AvroValue }), ([key, item]) => {
        this.text(key)
        this.value(type.values, item)
      })
    } else if (type.type === "fixed") this.put(value as Uint8Array)
    else this.#primitive(type.type, value)
  }

  /** Of the unions there are, each has one type besides null. */
  #union(types: readonly AvroSchema[], value: AvroValue): void {
    const branch = types.findIndex(one => (one === "null") === (value === null))
    this.long(BigInt(branch))
    this.value(types[branch] ?? "null", value)
  }

  #items<T>(items: readonly T[], put: (item: T) => void): void {
    if (items.length > 0) this.long(BigInt(items.length))
    for (const item of items) put(item)
    this.long(0n)
  }

  #primitive(type: string, value: AvroValue): void {
    switch (type) {
      case "null":
        break
      case "boolean":
        this.put(Uint8Array.from([value === true ? 1 : 0]))
        break
      case "int":
      case "long":
        this.long(value as bigint)
        break
      case "float":
      case "double":
        this.put(floatBytes(type, value as number))
        break
      case "bytes":
        this.bytes(value as Uint8Array)
        break
      case "string":
        this.text(value as string)
        break
      default:
        throw new RangeError(`There is no type '${type}'. Please report this.`)
    }
  }
}

function floatBytes(type: "float" | "double", value: number): Buffer {
  const bytes = Buffer.alloc(type === "float" ? 4 : 8)
  if (type === "float") bytes.writeFloatLE(value)
  else bytes.writeDoubleLE(value)
  return bytes
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema)
}

/** A type that was named before may stand there by its name alone. */
function resolved(schema: AvroSchema, named: NamedTypes): AvroSchema {
  if (typeof schema === "string") return named.get(schema) ?? schema
  if (!isUnion(schema) && (schema.type === "record" || schema.type === "fixed")) named.set(schema.name, schema)
  return schema
}
