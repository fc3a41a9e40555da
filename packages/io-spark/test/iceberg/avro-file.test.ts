import { deflateRawSync } from "node:zlib"
import fc from "fast-check"
import { expect, test } from "vitest"
import { formatAvro, parseAvro } from "../../src/iceberg/avro-file.ts"
import type { AvroSchema } from "../../src/iceberg/avro-schema.ts"
import { AvroReader, AvroWriter } from "../../src/iceberg/avro-value.ts"

const point: AvroSchema = { type: "record", name: "point", fields: [{ name: "x", type: "double" }] }
const schema: AvroSchema = {
  type: "record",
  name: "all",
  fields: [
    { name: "long", type: "long", "field-id": 1 },
    { name: "text", type: ["null", "string"], default: null },
    { name: "bytes", type: "bytes" },
    { name: "yes", type: "boolean" },
    { name: "list", type: { type: "array", items: "long" } },
    { name: "map", type: { type: "map", values: "string" } },
    { name: "hash", type: { type: "fixed", name: "four", size: 4 } },
    { name: "point", type: point },
    { name: "again", type: ["null", "point"] },
  ],
}

const bytes = (length: object) => fc.uint8Array(length).map(one => Buffer.from(one))
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const records = fc.record({
  long,
  text: fc.option(fc.string({ unit: "grapheme" })),
  bytes: bytes({}),
  yes: fc.boolean(),
  list: fc.array(long),
  map: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  hash: bytes({ minLength: 4, maxLength: 4 }),
  point: fc.record({ x: fc.double() }),
  again: fc.option(fc.record({ x: fc.double() })),
})

test("gives back the records of a file, its schema and what is told about it", () => {
  fc.assert(
    fc.property(fc.array(records), fc.string(), (all, told) => {
      const file = { schema, about: { told }, records: all }
      expect(parseAvro(formatAvro(file))).toEqual(file)
    }),
  )
})

test("writes numbers as Avro's specification shows them", () => {
  const written = (value: bigint) => {
    const writer = new AvroWriter()
    writer.long(value)
    return writer.finish().toString("hex")
  }
  expect([0n, -1n, 1n, -2n, 2n, -64n, 64n].map(written)).toEqual(["00", "01", "02", "03", "04", "7f", "8001"])
})

test("reads arrays whose blocks tell their size", () => {
  // Two blocks: one of two items with its size of two bytes, one of a single item.
  const reader = new AvroReader(Buffer.from([0x03, 0x04, 0x02, 0x04, 0x02, 0x06, 0x00]))
  expect(reader.value({ type: "array", items: "long" })).toEqual([1n, 2n, 3n])
})

test("reads files that are compressed by deflate, and refuses others by name", () => {
  const plain = formatAvro({ schema: "string", about: {}, records: [] })
  const text = Buffer.from([0x04, 0x68, 0x69]) // "hi"
  const sync = plain.subarray(-16)
  const withCodec = (codec: string, block: Buffer) => {
    const header = Buffer.from(
      plain.toString("latin1").replace("\bnull", String.fromCharCode(codec.length * 2) + codec),
      "latin1",
    )
    return Buffer.concat([header, Buffer.from([0x02, block.length * 2]), block, sync])
  }
  expect(parseAvro(withCodec("deflate", deflateRawSync(text))).records).toEqual(["hi"])
  expect(() => parseAvro(withCodec("zstd", text))).toThrow(/zstd/)
})

test.each([
  ["something else", Buffer.from("no file of Avro")],
  ["a file that is cut off", formatAvro({ schema, about: {}, records: [] }).subarray(0, -3)],
])("refuses %s", (_, text) => {
  expect(() => parseAvro(text)).toThrow()
})
