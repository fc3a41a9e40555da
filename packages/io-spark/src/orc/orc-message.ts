import { BinaryReader, WireType } from "@bufbuild/protobuf/wire"

/** The fields of a message of ORC's footers, by their numbers in the format's specification. */
export class OrcMessage {
  readonly #fields = new Map<number, (number | bigint | Uint8Array)[]>()

  constructor(bytes: Uint8Array) {
    const reader = new BinaryReader(bytes)
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag()
      const found = this.#fields.get(number) ?? []
      this.#fields.set(number, found)
      if (type === WireType.Varint) found.push(BigInt(reader.uint64()))
      else if (type === WireType.LengthDelimited) found.push(reader.bytes())
      else if (type === WireType.Bit64) found.push(reader.double())
      else reader.skip(type, number)
    }
  }

  /** An unsigned number; undefined where there is none. */
  unsigned(field: number): bigint | undefined {
    const value = this.#last(field)
    return typeof value === "bigint" ? value : undefined
  }

  /** A number that is written with its sign in the last bit. */
  signed(field: number): bigint | undefined {
    const value = this.unsigned(field)
    return value === undefined ? undefined : (value >> 1n) ^ -(value & 1n)
  }

  double(field: number): number | undefined {
    const value = this.#last(field)
    return typeof value === "number" ? value : undefined
  }

  bytes(field: number): Buffer | undefined {
    const value = this.#last(field)
    return value instanceof Uint8Array ? Buffer.from(value) : undefined
  }

  text(field: number): string | undefined {
    return this.bytes(field)?.toString("utf8")
  }

  message(field: number): OrcMessage | undefined {
    const bytes = this.bytes(field)
    return bytes && new OrcMessage(bytes)
  }

  messages(field: number): OrcMessage[] {
    return this.#all(field).map(bytes => new OrcMessage(bytes))
  }

  texts(field: number): string[] {
    return this.#all(field).map(bytes => Buffer.from(bytes).toString("utf8"))
  }

  /** Unsigned numbers, one after the other. */
  numbers(field: number): number[] {
    return this.#all(field).flatMap(bytes => {
      const reader = new BinaryReader(bytes)
      const found: number[] = []
      while (reader.pos < reader.len) found.push(Number(reader.uint64()))
      return found
    })
  }

  #all(field: number): Uint8Array[] {
    return (this.#fields.get(field) ?? []).filter(value => value instanceof Uint8Array)
  }

  #last(field: number): number | bigint | Uint8Array | undefined {
    return this.#fields.get(field)?.at(-1)
  }
}
