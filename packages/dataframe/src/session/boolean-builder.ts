import { ArrowBuilder, grown, type InvalidValue } from "./arrow-builder.ts"

/** Booleans: a bit each. */
export class BooleanBuilder extends ArrowBuilder {
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
