import { type FileHandle, open } from "node:fs/promises"
import { join } from "node:path"
import type { ColumnStatistics, Layout, RecordBatch, WriteResult, WrittenFile } from "@assets/core"
import { arrowTypeOf, type Schema, typeName } from "@assets/dataframe"
import type * as Arrow from "apache-arrow"
import type * as ParquetWasm from "parquet-wasm"
import { storageFailure } from "./storage-failure.ts"

const rowGroupRows = 524_288
/** A group of wide rows ends before it has as many rows: what is open is held in memory. */
const rowGroupBytes = 64 * 1024 * 1024
/** Of files whose layout names no size. */
export const defaultFileMB = 128

interface Modules {
  readonly arrow: typeof Arrow
  readonly parquet: typeof ParquetWasm
}

/**
 * Streams Arrow batches into Parquet files of about the wanted size; one row group is in memory at a time. Without rows
 * there is one file with the schema.
 */
export async function writeBatches(
  batches: AsyncIterable<RecordBatch>,
  schema: Schema,
  folder: string,
  { layout = {}, signal }: { readonly layout?: Layout; readonly signal: AbortSignal },
): Promise<WriteResult> {
  const [arrow, parquet] = await Promise.all([import("apache-arrow"), import("parquet-wasm")])
  const modules = { arrow, parquet }
  const counted = new CountedBatches(batches, emptyBatch(arrow, schema), signal)
  const limit = (layout.targetFileMB ?? defaultFileMB) * 1024 * 1024
  const files: WrittenFile[] = []
  do {
    const path = `part-${files.length}.parquet`
    const before = counted.rows
    const bytes = await writeFile(modules, counted, join(folder, path), properties(parquet, layout), limit)
    files.push({ path, rows: counted.rows - before, bytes })
  } while (!(await counted.atEnd()))
  return {
    rows: counted.rows,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files,
    columns: schema.columns.map(
      (column, i): ColumnStatistics => ({
        name: column.name,
        type: typeName(column.type),
        nullCount: counted.nullCounts[i] ?? 0,
      }),
    ),
  }
}

function properties(parquet: typeof ParquetWasm, layout: Layout): ParquetWasm.WriterProperties {
  const codecs = {
    zstd: parquet.Compression.ZSTD,
    snappy: parquet.Compression.SNAPPY,
    gzip: parquet.Compression.GZIP,
    none: parquet.Compression.UNCOMPRESSED,
  }
  return new parquet.WriterPropertiesBuilder()
    .setCompression(codecs[layout.compression ?? "zstd"])
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
  readonly #source: AsyncIterator<RecordBatch>
  readonly #empty: Arrow.RecordBatch
  readonly #signal: AbortSignal
  #ahead: Promise<IteratorResult<RecordBatch>> | undefined
  #given = false
  rows = 0
  readonly nullCounts: number[] = []

  constructor(source: AsyncIterable<RecordBatch>, empty: Arrow.RecordBatch, signal: AbortSignal) {
    this.#signal = signal
    this.#source = source[Symbol.asyncIterator]()
    this.#empty = empty
  }

  async next(): Promise<Arrow.RecordBatch | undefined> {
    const { done, value } = await this.#peek()
    this.#signal.throwIfAborted()
    this.#ahead = done ? this.#ahead : undefined
    if (done) return this.#given ? undefined : this.#give(this.#empty)
    return this.#give(value as Arrow.RecordBatch) // core's RecordBatch is Arrow's, of which it knows the rows alone
  }

  async atEnd(): Promise<boolean> {
    return (await this.#peek()).done === true
  }

  /** Tells the source that no more is wanted. */
  async stop(): Promise<void> {
    await this.#source.return?.()
  }

  #peek(): Promise<IteratorResult<RecordBatch>> {
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
  writerProperties: ParquetWasm.WriterProperties,
  limit: number,
): Promise<number> {
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
  let file: FileHandle | undefined
  try {
    file = await open(path, "wx")
    const encoded: ReadableStream<Uint8Array> = await modules.parquet.transformParquetStream(source, writerProperties)
    for await (const piece of encoded) {
      await file.write(piece)
      bytes += piece.byteLength
    }
    return bytes
  } catch (error) {
    await batches.stop()
    if (failure) throw failure.error
    throw storageFailure(error, path, "write")
  } finally {
    await file?.close()
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
