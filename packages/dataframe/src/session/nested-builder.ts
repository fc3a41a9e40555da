import { arrowTypeOf } from "../schema/arrow-type.ts"
import type { DataType } from "../schema/data-type.ts"
import { typeName } from "../schema/type-name.ts"
import { type Arrow, ArrowBuilder, type ColumnBuilder, grown, InvalidValue } from "./arrow-builder.ts"

/** Lists: the elements of all rows in one column, and where each row begins. */
export class ListBuilder extends ArrowBuilder {
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
      const invalid =
        element === undefined ? new InvalidValue("an element has no value") : this.#elements.append(element)
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

/** Structs: a column for each field. */
export class StructBuilder extends ArrowBuilder {
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
      const name = this.#names[i] ?? ""
      const given = (value as { readonly [name: string]: unknown })[name]
      if (given === undefined)
        return new InvalidValue(`the field '${name}' has no value; write null where there is none`)
      const invalid = field.append(given)
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

/** Maps: the keys and the values of all rows in a column each, and where each row begins. */
export class MapBuilder extends ArrowBuilder {
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
