import { open } from "node:fs/promises"
import { Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import { isS3Url, objectStore, StorageError } from "@assets/core"
import { bottomUp, type CsvHeaders, firstCsvRecord, type Relation } from "@assets/dataframe"

type Files = Extract<Relation, { kind: "files" }>

/** A header that has not ended by here is none. */
const mostBytes = 1024 * 1024

/**
 * The headers of the CSV files that a plan reads by name. A file whose header cannot be read here (behind another URL
 * than an object's, compressed otherwise than with gzip) is left out: the engine then looks for itself.
 * @throws StorageError `SOURCE_DATA_INVALID` for a file that lacks a declared column
 */
export async function csvHeaders(plan: Relation): Promise<CsvHeaders> {
  const isNamed = (node: Relation): node is Files =>
    node.kind === "files" && node.format === "csv" && node.csv?.header === true
  const headers = new Map<string, readonly string[]>()
  for (const source of bottomUp(plan).filter(isNamed)) {
    for (const path of source.paths) {
      const names = await headerOf(path, source)
      if (!names) continue
      requireColumns(path, names, source)
      headers.set(path, names)
    }
  }
  return headers
}

async function headerOf(path: string, { csv = {}, schema }: Files): Promise<readonly string[] | undefined> {
  const text = await beginningOf(path)
  if (text === undefined) return undefined
  // an empty file has no rows, whatever its columns
  if (text.trim() === "") return schema.columns.map(column => column.name)
  return firstCsvRecord(text, csv)
}

/** The text of a file up to `mostBytes`; undefined where only the engine can read it, and tells why it cannot. */
async function beginningOf(path: string): Promise<string | undefined> {
  const isObject = isS3Url(path)
  if ((!isObject && /^[a-z][a-z0-9+.-]+:\/\//i.test(path)) || /\.(zst|bz2|xz)$/i.test(path)) return undefined
  try {
    const stream: Readable = isObject ? await beginningOfObject(path) : (await open(path)).createReadStream()
    const plain = /\.gz$/i.test(path) ? stream.pipe(createGunzip()) : stream
    stream.on("error", error => plain.destroy(error))
    const pieces: Buffer[] = []
    let bytes = 0
    for await (const piece of plain) {
      pieces.push(piece)
      bytes += piece.length
      // most headers end in the first piece
      if (bytes >= mostBytes || (piece as Buffer).includes(10)) break
    }
    stream.destroy()
    return Buffer.concat(pieces)
      .toString("utf8")
      .replace(/^\uFEFF/, "")
  } catch {
    return undefined
  }
}

/** Of a compressed object the beginning is enough for the beginning of what it holds. */
async function beginningOfObject(url: string): Promise<Readable> {
  return Readable.from([Buffer.from((await objectStore().read(url, { start: 0, length: mostBytes })) ?? [])])
}

function requireColumns(path: string, names: readonly string[], { schema }: Files): void {
  for (const { name } of schema.columns) {
    const found = names.filter(other => other.toLowerCase() === name.toLowerCase()).length
    if (found === 1) continue
    throw new StorageError("SOURCE_DATA_INVALID", {
      what:
        found === 0
          ? `The header of ${path} has no column '${name}', which the source declares.`
          : `The header of ${path} has the column '${name}' ${found} times.`,
      why: `Its columns are ${names.map(other => `'${other}'`).join(", ")}. Columns of CSV files with a header are matched by name.`,
      fix: "Correct the header or the declaration; without { header: true } columns are matched by position.",
      details: { file: path, column: name },
    })
  }
}
