import { ArrowBuilder, grown, type InvalidValue } from "./arrow-builder.ts"

/** Strings and binaries: bytes one after the other, and where each begins. */
export class BytesBuilder extends ArrowBuilder {
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
