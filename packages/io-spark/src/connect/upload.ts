import { create, toBinary } from "@bufbuild/protobuf"
import type { RecordBatch } from "apache-arrow"
import { LocalRelationSchema } from "../generated/spark_connect_pb.ts"
import { uploadArtifact } from "./artifacts.ts"
import { plainBatch } from "./plain-batch.ts"
import { cachedRelation, chunkedRelation, localRelation, type SparkRelation } from "./relation.ts"
import type { SessionCalls } from "./session-calls.ts"

type Arrow = typeof import("apache-arrow")

/** Rows up to this many bytes travel with the plan. */
const inlineBytes = 1024 * 1024

/** About as many bytes are in one artifact; a batch of more rows is cut. */
const chunkBytes = 8 * 1024 * 1024

export interface UploadOptions {
  /** The columns as DDL; what is uploaded is cast to them. */
  readonly schema: string
  readonly signal?: AbortSignal
  /** Whether the server takes rows in several artifacts: from 4.1 on. */
  readonly takesChunks: boolean
}

/** Puts rows where the session can read them. No more than one artifact of them is in memory at a time. */
export async function upload(
  calls: SessionCalls,
  batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>,
  { schema, signal, takesChunks }: UploadOptions,
): Promise<SparkRelation> {
  const arrow = await import("apache-arrow")
  const limit = takesChunks ? chunkBytes : Number.POSITIVE_INFINITY
  const hashes: string[] = []
  let waiting: RecordBatch[] = []
  let bytes = 0
  for await (const batch of cut(batches, arrow)) {
    if (bytes + sizeOf(batch) > limit && waiting.length > 0) {
      hashes.push(await uploadArtifact(calls, streamOf(waiting, arrow), signal))
      waiting = []
      bytes = 0
    }
    waiting.push(batch)
    bytes += sizeOf(batch)
  }
  if (waiting.length === 0) return localRelation(undefined, schema)
  if (hashes.length === 0 && bytes <= inlineBytes) return localRelation(streamOf(waiting, arrow), schema)
  if (!takesChunks) {
    const relation = create(LocalRelationSchema, { data: streamOf(waiting, arrow), schema })
    return cachedRelation(await uploadArtifact(calls, toBinary(LocalRelationSchema, relation), signal))
  }
  hashes.push(await uploadArtifact(calls, streamOf(waiting, arrow), signal))
  return chunkedRelation(hashes, await uploadArtifact(calls, new TextEncoder().encode(schema), signal))
}

/** The batches without dictionaries, those that are large in parts. */
async function* cut(batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>, arrow: Arrow) {
  for await (const batch of batches) {
    const plain = plainBatch(batch, arrow)
    const parts = Math.max(1, Math.ceil(sizeOf(plain) / chunkBytes))
    const rows = Math.max(1, Math.ceil(plain.numRows / parts))
    if (parts === 1) yield plain
    else for (let from = 0; from < plain.numRows; from += rows) yield plain.slice(from, from + rows)
  }
}

function sizeOf(batch: RecordBatch): number {
  return batch.data.byteLength
}

function streamOf(batches: readonly RecordBatch[], arrow: Arrow): Uint8Array {
  return arrow.RecordBatchStreamWriter.writeAll(batches).toUint8Array(true)
}
