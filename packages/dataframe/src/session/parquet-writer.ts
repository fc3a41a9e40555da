import { open } from "node:fs/promises"
import type * as Arrow from "apache-arrow"
import type * as ParquetWasm from "parquet-wasm"
import { arrowTypeOf } from "../schema/arrow-type.ts"
import type { Schema } from "../schema/schema.ts"
import { typeName } from "../schema/type-name.ts"

const rowGroupRows = 524_288
/** A group of wide rows ends before it has as many rows: what is open is held in memory. */
const rowGroupBytes = 64 * 1024 * 1024
/** Of files whose layout names no size. */
export const defaultFileMB = 128

/** A batch of Arrow, as those know it who do not look into it. */
type Batch = { readonly numRows: number }

export interface ParquetFilesOptions {
  /** Wanted size of a file in megabytes. Default 128. */
  readonly targetFileMB?: number
  readonly compression?: "zstd" | "snappy" | "gzip" | "none"
  readonly signal: AbortSignal
  /** Writes a file that is not there yet; gives its bytes. Default: on the disk. */
  writeFile?(path: string, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number>
  /** Gives the error for what failed at a file; what the batches throw passes through. */
  failed?(error: unknown, path: string): unknown
}

/** What was written into a folder. */
export interface ParquetFiles {
  readonly rows: number
  readonly bytes: number
  /** Paths are relative to the folder. */
  readonly files: readonly { readonly path: string; readonly rows: number; readonly bytes: number }[]
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullCount: number }[]
}

interface Modules {
  readonly arrow: typeof Arrow
  readonly parquet: typeof ParquetWasm
}

/**
 * Streams Arrow batches into Parquet files of about the wanted size; one row group is in memory at a time. Without rows
 * there is one file with the schema.
 */
export async function writeParquetFiles(
  batches: AsyncIterable<Batch>,
  schema: Schema,
  folder: string,
  options: ParquetFilesOptions,
): Promise<ParquetFiles> {
  const [arrow, parquet] = await Promise.all([import("apache-arrow"), import("parquet-wasm")])
  const modules = { arrow, parquet }
  const counted = new CountedBatches(batches, emptyBatch(arrow, schema), options.signal)
  const files: ParquetFiles["files"][number][] = []
  do {
    const path = `part-${files.length}.parquet`
    const before = counted.rows
    const bytes = await writeFile(modules, counted, `${folder}/${path}`, options) // a folder may be a URL, too
    files.push({ path, rows: counted.rows - before, bytes })
  } while (!(await counted.atEnd()))
  return {
    rows: counted.rows,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files,
    columns: schema.columns.map(({ name, type }, i) => ({
      name,
      type: typeName(type),
      nullCount: counted.nullCounts[i] ?? 0,
    })),
  }
}

function properties(
  parquet: typeof ParquetWasm,
  { compression = "zstd" }: ParquetFilesOptions,
): ParquetWasm.WriterProperties {
  const codecs = {
    zstd: parquet.Compression.ZSTD,
    snappy: parquet.Compression.SNAPPY,
    gzip: parquet.Compression.GZIP,
    none: parquet.Compression.UNCOMPRESSED,
  }
  return new parquet.WriterPropertiesBuilder()
    .setCompression(codecs[compression])
    .setMaxRowGroupSize(rowGroupRows)
    .setMaxRowGroupBytes(rowGroupBytes)
    .setStatisticsEnabled(parquet.EnabledStatistics.Chunk)
    .build()
}

function emptyBatch(arrow: typeof Arrow, schema: Schema): Arrow.RecordBatch {
  const fields = schema.columns.map(column => new arrow.Field(column.name, arrowTypeOf(column.type), true))
  const children = fields.map(({ type }) => arrow.makeBuilder({ type }).finish().flush())
  const data = arrow.makeData({ type: new arrow.Struct(fields), length: 0, nullCount: 0, children })
  return new arrow.RecordBatch(new arrow.Schema(fields), data)
}

/** Batches one at a time, counted on their way; never none. */
class CountedBatches {
  readonly #source: AsyncIterator<Batch>
  readonly #empty: Arrow.RecordBatch
  readonly #signal: AbortSignal
  #ahead: Promise<IteratorResult<Batch>> | undefined
  #given = false
  rows = 0
  readonly nullCounts: number[] = []

  constructor(source: AsyncIterable<Batch>, empty: Arrow.RecordBatch, signal: AbortSignal) {
    this.#signal = signal
    this.#source = source[Symbol.asyncIterator]()
    this.#empty = empty
  }

  async next(): Promise<Arrow.RecordBatch | undefined> {
    const { done, value } = await this.#peek()
    this.#signal.throwIfAborted()
    this.#ahead = done ? this.#ahead : undefined
    if (done) return this.#given ? undefined : this.#give(this.#empty)
    return this.#give(value as Arrow.RecordBatch) // a batch is Arrow's, whatever is known of it
  }

  async atEnd(): Promise<boolean> {
    return (await this.#peek()).done === true
  }

  /** Tells the source that no more is wanted. */
  async stop(): Promise<void> {
    await this.#source.return?.()
  }

  #peek(): Promise<IteratorResult<Batch>> {
    this.#ahead ??= this.#source.next()
    return this.#ahead
  }

  #give(batch: Arrow.RecordBatch): Arrow.RecordBatch {
    this.#given = true
    this.rows += batch.numRows
    for (const [i, child] of batch.data.children.entries()) {
      this.nullCounts[i] = (this.nullCounts[i] ?? 0) + child.nullCount
    }
    return batch
  }
}

/** Writes one file until it is as large as wanted or the batches end; gives its bytes. */
async function writeFile(
  modules: Modules,
  batches: CountedBatches,
  path: string,
  options: ParquetFilesOptions,
): Promise<number> {
  const limit = (options.targetFileMB ?? defaultFileMB) * 1024 * 1024
  let failure: { readonly error: unknown } | undefined
  let bytes = 0
  const source = new ReadableStream<ParquetWasm.RecordBatch>({
    async pull(controller) {
      try {
        const batch = bytes < limit ? await batches.next() : undefined
        if (!batch) return controller.close()
        for (const converted of toWasm(modules, batch)) controller.enqueue(converted)
      } catch (error) {
        failure = { error } // WebAssembly would make a text of it
        controller.error(error)
      }
    },
  })
  async function* encoded(): AsyncGenerator<Uint8Array> {
    const { transformParquetStream } = modules.parquet
    const pieces: ReadableStream<Uint8Array> = await transformParquetStream(
      source,
      properties(modules.parquet, options),
    )
    for await (const piece of pieces) {
      bytes += piece.byteLength
      yield piece
    }
  }
  try {
    return await (options.writeFile ?? writeNewFile)(path, encoded(), options.signal)
  } catch (error) {
    await batches.stop()
    if (failure) throw failure.error
    throw options.failed?.(error, path) ?? error
  }
}

/** Writes a file of the disk that is not there yet; gives its bytes. */
export async function writeNewFile(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, "wx")
  try {
    let bytes = 0
    for await (const piece of pieces) {
      await file.write(piece)
      bytes += piece.byteLength
    }
    return bytes
  } finally {
    await file.close()
  }
}

function toWasm({ arrow, parquet }: Modules, batch: Arrow.RecordBatch): ParquetWasm.RecordBatch[] {
  const ipc = arrow.RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true)
  const table = parquet.Table.fromIPCStream(ipc)
  try {
    return table.recordBatches()
  } finally {
    table.free()
  }
}
