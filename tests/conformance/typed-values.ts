import type { EngineSession } from "@assets/core"
import { arrowTypeOf, type DataType, type Relation, type Schema } from "@assets/dataframe"
import {
  RecordBatch as ArrowBatch,
  Schema as ArrowSchema,
  Field,
  makeData,
  Struct,
  Table,
  vectorFromArray,
} from "apache-arrow"

const signal = new AbortController().signal
const decimal = (precision: number, scale: number): DataType => ({ kind: "decimal", precision, scale })
const array = (element: DataType): DataType => ({ kind: "array", element })
const text: DataType = { kind: "string" }

/** 128 bits, least significant word first, as Arrow keeps decimals. */
function unscaled(value: bigint): Uint32Array {
  return Uint32Array.from({ length: 4 }, (_, i) => Number((value >> BigInt(32 * i)) & 0xffffffffn))
}

const largest = 10n ** 38n - 1n

/** For each type, values of which something is easily lost; null is added to all. */
export const cases: readonly (readonly [name: string, type: DataType, values: readonly unknown[]])[] = [
  ["boolean", { kind: "boolean" }, [true, false]],
  ["int8", { kind: "int8" }, [-128, 127, 0]],
  ["int16", { kind: "int16" }, [-32768, 32767]],
  ["int32", { kind: "int32" }, [-2147483648, 2147483647]],
  ["int64", { kind: "int64" }, [-9223372036854775808n, 9223372036854775807n]],
  ["float32", { kind: "float32" }, [Number.NaN, -0, Number.POSITIVE_INFINITY, Math.fround(0.1)]],
  ["float64", { kind: "float64" }, [Number.NaN, -0, Number.NEGATIVE_INFINITY, 5e-324, 0.1]],
  ["decimal(4,2)", decimal(4, 2), [unscaled(-9999n), unscaled(9999n)]],
  ["decimal(9,0)", decimal(9, 0), [unscaled(-999999999n), unscaled(7n)]],
  ["decimal(18,6)", decimal(18, 6), [unscaled(-(10n ** 18n - 1n)), unscaled(1n)]],
  ["decimal(38,10)", decimal(38, 10), [unscaled(-largest), unscaled(largest)]],
  ["string", text, ["", "twelve bytes", "a text of more than twelve bytes", "grüße 世界 🎉", "a\u0000b", "'\"\n"]],
  ["binary", { kind: "binary" }, [new Uint8Array(), Uint8Array.from([0, 255, 39]), new Uint8Array(40).fill(200)]],
  ["date", { kind: "date" }, [new Date("0001-01-01"), new Date("1582-10-10"), new Date("9999-12-31")]],
  ["timestamp", { kind: "timestamp" }, [-62135596800000000n, 1711848600000001n, -1n, 253402300799999999n]],
  ["timestamp_ntz", { kind: "timestamp_ntz" }, [-62135596800000000n, 1711848600000001n, -1n]],
  ["array", array(text), [[], ["a", null, "a text of more than twelve bytes"], [null]]],
  ["array of arrays", array(array({ kind: "int32" })), [[], [[1, null], null, [], [2, 3]]]],
  [
    "struct",
    {
      kind: "struct",
      fields: [
        { name: "x", type: { kind: "float64" } },
        { name: "o'b \"q", type: array(decimal(10, 3)) },
      ],
    },
    [
      { x: Number.NaN, "o'b \"q": [unscaled(1500n), null] },
      { x: null, "o'b \"q": null },
      { x: -0, "o'b \"q": [] },
    ],
  ],
  [
    "map",
    { kind: "map", key: text, value: { kind: "struct", fields: [{ name: "z", type: { kind: "boolean" } }] } },
    [
      new Map(),
      new Map([
        ["k", { z: true }],
        ["a key of more than twelve bytes", { z: null }],
        ["n", null],
      ]),
    ],
  ],
]

const rowsEach = 7
export const schema: Schema = { columns: cases.map(([name, type]) => ({ name, type })) }

/** Every value stands somewhere among the rows; the last row is null in all columns. */
const columnsOf = (of: typeof cases) =>
  of.map(([, , values]) =>
    Array.from({ length: rowsEach }, (_, i) => (i === rowsEach - 1 ? null : values[i % values.length])),
  )

/** A batch of rows in which every value stands; of other values than those above, of the same types. */
export function batch(of: typeof cases = cases): ArrowBatch {
  const columns = columnsOf(of)
  const fields = schema.columns.map(column => new Field(column.name, arrowTypeOf(column.type), true))
  const children = fields.map((field, i) => columnData(field, columns[i] ?? []))
  const data = makeData({ type: new Struct(fields), length: rowsEach, nullCount: 0, children })
  return new ArrowBatch(new ArrowSchema(fields), data)
}

/** Arrow's builder takes a timestamp in milliseconds as a number, which loses microseconds: it is made from its integers. */
function columnData(field: Field, values: readonly unknown[]) {
  const isTimestamp = field.type.typeId === 10
  if (isTimestamp) {
    const whole = BigInt64Array.from(values, value => (value as bigint | null) ?? 0n)
    const nullBitmap = Uint8Array.from([
      values.reduce<number>((bits, value, i) => bits | (value === null ? 0 : 1 << i), 0),
    ])
    // the builder's types are per Arrow type, known only at run time here
    return makeData({ type: field.type, length: values.length, nullCount: 1, nullBitmap, data: whole } as never)
  }
  const [data] = vectorFromArray(values, field.type).data
  if (!data) throw new Error("a vector without data")
  return data
}

/** Rows in one order whatever the engine gave them in, column by column. */
export function inOrder(columns: readonly string[][]): string[][] {
  const rows = Array.from({ length: rowsEach }, (_, i) => columns.map(column => column[i] ?? ""))
  const sorted = rows.map(row => JSON.stringify(row)).sort()
  return columns.map((_, i) => sorted.map(row => (JSON.parse(row) as string[])[i] ?? ""))
}

/** Values of a table as text that tells -0 from 0, and every bit. */
export function texts(batches: readonly ArrowBatch[]): string[][] {
  const table = new Table(batches)
  return schema.columns.map((_, i) => {
    const vector = table.getChildAt(i)
    const data = vector?.data ?? []
    if (vector?.type.typeId === 10) {
      return data.flatMap(part =>
        Array.from({ length: part.length }, (_, row) => (part.getValid(row) ? String(part.values[row]) : "null")),
      )
    }
    return [...(vector ?? [])].map(show)
  })
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0"
  if (value === null || value === undefined) return "null"
  if (ArrayBuffer.isView(value))
    return `bytes ${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`
  if (typeof value === "object" && Symbol.iterator in value) {
    return `[${[...(value as Iterable<unknown>)].map(show).join(", ")}]` // lists give values; structs and maps pairs
  }
  return String(value)
}

/** All batches of a relation. */
export async function collect(session: EngineSession, relation: Relation): Promise<ArrowBatch[]> {
  const all: ArrowBatch[] = []
  for await (const one of session.batches(relation, signal)) all.push(one as ArrowBatch)
  return all
}
