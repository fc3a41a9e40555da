import { randomBytes } from "node:crypto"
import { inflateRawSync } from "node:zlib"
import type { AvroRecord, AvroSchema } from "./avro-schema.ts"
import { AvroReader, AvroWriter } from "./avro-value.ts"

/** A container file of Avro: records of one schema, and texts about them. */
export interface AvroFile {
  readonly schema: AvroSchema
  readonly about: { readonly [name: string]: string }
  readonly records: readonly AvroRecord[]
}

const magic = Buffer.from("Obj\u0001", "latin1")

/** @throws Error when the bytes are no such file, or are compressed in a way that is not known here */
export function parseAvro(bytes: Buffer): AvroFile {
  const reader = new AvroReader(bytes)
  if (!reader.take(magic.length).equals(magic)) throw new Error("It is no file of Avro.")
  const header = reader.value({ type: "map", values: "bytes" }) as { readonly [name: string]: Uint8Array }
  const texts = Object.entries(header).map(([name, value]) => [name, Buffer.from(value).toString("utf8")] as const)
  const { "avro.schema": schemaText = "", "avro.codec": codec = "null", ...about } = Object.fromEntries(texts)
  const schema = JSON.parse(schemaText) as AvroSchema
  const sync = reader.take(16)
  const records: AvroRecord[] = []
  while (!reader.isAtEnd) {
    const count = Number(reader.long())
    const block = new AvroReader(decompressed(reader.bytes(), codec))
    for (let i = 0; i < count; i++) records.push(block.value(schema) as AvroRecord)
    if (!reader.take(16).equals(sync)) throw new Error("A block of it ends elsewhere than it says.")
  }
  return { schema, about, records }
}

export function formatAvro({ schema, about, records }: AvroFile): Buffer {
  const sync = randomBytes(16)
  const writer = new AvroWriter()
  writer.put(magic)
  const header = { ...about, "avro.schema": JSON.stringify(schema), "avro.codec": "null" }
  const texts = Object.entries(header).map(([name, text]) => [name, Buffer.from(text, "utf8")])
  writer.value({ type: "map", values: "bytes" }, Object.fromEntries(texts))
  writer.put(sync)
  if (records.length > 0) {
    const block = new AvroWriter()
    for (const record of records) block.value(schema, record)
    writer.long(BigInt(records.length))
    writer.bytes(block.finish())
    writer.put(sync)
  }
  return writer.finish()
}

function decompressed(bytes: Buffer, codec: string): Buffer {
  if (codec === "null") return bytes
  if (codec === "deflate") return inflateRawSync(bytes)
  throw new Error(`It is compressed by '${codec}', which is not known here.`)
}
