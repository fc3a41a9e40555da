import type { Data } from "apache-arrow"
import { arrowTypeOf } from "../schema/arrow-type.ts"
import type { DataType } from "../schema/data-type.ts"
import { typeName } from "../schema/type-name.ts"

export type Arrow = typeof import("apache-arrow")

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

/** What all builders share: the count of rows and which of them are null. */
export abstract class ArrowBuilder implements ColumnBuilder {
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

/** A copy with room for more. */
export function grown<T extends Uint8Array | Int32Array>(array: T, needed: number): T {
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
