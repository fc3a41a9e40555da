import type { RecordBatch } from "apache-arrow"
import type { ArrowChunk } from "./execution.ts"

/** The record batches of an answer. Arrow is imported when the first is asked for. */
export async function* recordBatches(chunks: AsyncIterable<ArrowChunk>): AsyncGenerator<RecordBatch> {
  const { RecordBatchReader } = await import("apache-arrow")
  for await (const { stream } of chunks) yield* RecordBatchReader.from(stream)
}
