import { inflateRawSync } from "node:zlib"
import type { Schema } from "@assets/dataframe"
import { BinaryReader } from "@bufbuild/protobuf/wire"
import { readEnd } from "../file-end.ts"
import type { FileFooter } from "../file-footer.ts"
import type { WrittenPart } from "../written-folder.ts"
import { OrcMessage } from "./orc-message.ts"
import { orcStatistics } from "./orc-statistics.ts"

/**
 * Reads the footer of an ORC file of these columns, as Spark writes it.
 * @throws Error when the file is not a whole ORC file
 */
export async function readOrcFooter(part: WrittenPart, schema: Schema): Promise<FileFooter> {
  const end = await readEnd(part, bytes => {
    const [postscript, length] = postscriptOf(bytes)
    const footer = postscript?.unsigned(postscriptFields.footerLength)
    return footer === undefined ? Number.POSITIVE_INFINITY : Number(footer) + length
  })
  const [postscript, length] = postscriptOf(end)
  const codec = Number(postscript?.unsigned(postscriptFields.compression) ?? 0n)
  const footer = new OrcMessage(await decompressed(end.subarray(0, -length), codec))
  return footerOf(footer, schema)
}

const postscriptFields = { footerLength: 1, compression: 2, magic: 8000 }

/** What stands at the very end of a file, and its length with that of the byte that tells it. */
function postscriptOf(end: Buffer): readonly [OrcMessage | undefined, number] {
  const length = end.at(-1) ?? 0
  if (length >= end.length) return [undefined, 0]
  const postscript = new OrcMessage(end.subarray(-1 - length, -1))
  return [postscript.text(postscriptFields.magic) === "ORC" ? postscript : undefined, length + 1]
}

/** Codecs by their numbers in the specification. */
const codecs: { readonly [codec: number]: () => Promise<(chunk: Uint8Array) => Uint8Array> } = {
  1: async () => inflateRawSync,
  2: async () => {
    const { snappyUncompress } = await import("hyparquet")
    return chunk => {
      const output = new Uint8Array(new BinaryReader(chunk).uint32()) // a chunk begins with the length of what it holds
      snappyUncompress(chunk, output)
      return output
    }
  },
  5: async () => (await import("fzstd")).decompress,
}

/** Chunks of a stream: three bytes tell the length of each, and whether it is as it was. */
async function decompressed(stream: Buffer, codec: number): Promise<Uint8Array> {
  if (codec === 0) return stream
  const decompress = await codecs[codec]?.()
  if (!decompress)
    throw new Error(`The codec ${codec} of an ORC file is none that Spark is told to use. Please report this.`)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < stream.length; ) {
    const header = stream.readUIntLE(at, 3)
    const chunk = stream.subarray(at + 3, at + 3 + (header >> 1))
    pieces.push(header & 1 ? chunk : decompress(chunk))
    at += 3 + (header >> 1)
  }
  return Buffer.concat(pieces)
}

const footerFields = { types: 4, rows: 6, statistics: 7 }
const typeFields = { columns: 2, names: 3 }

function footerOf(footer: OrcMessage, schema: Schema): FileFooter {
  const rows = Number(footer.unsigned(footerFields.rows) ?? 0n)
  const types = new Map(schema.columns.map(({ name, type }) => [name, type]))
  const [whole] = footer.messages(footerFields.types)
  const statistics = footer.messages(footerFields.statistics)
  const numbers = whole?.numbers(typeFields.columns) ?? []
  const columns = (whole?.texts(typeFields.names) ?? []).flatMap((name, i) => {
    const [type, found] = [types.get(name), statistics[numbers[i] ?? -1]]
    return type && found ? [[name, [orcStatistics(found, type, rows)]] as const] : []
  })
  return { rows, columns: new Map(columns) }
}
