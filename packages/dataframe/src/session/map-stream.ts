import type { RecordBatch } from "apache-arrow"
import { FrameError } from "../errors/frame-error.ts"
import type { MappedRelation } from "../plan/map-batches.ts"
import { conformBatch } from "./conform-batch.ts"
import { isBatch } from "./output-batches.ts"

interface MapOptions {
  /** Ends the stream, also while the function does not answer. */
  readonly signal: AbortSignal
  /** Gives the error that a user sees for what the function threw. */
  failed(thrown: unknown): unknown
}

/**
 * The batches of a relation's input through its function, one after the other, held to its columns.
 * @throws FrameError `FRAME_SCHEMA_MISMATCH`, `FRAME_ROW_INVALID`
 */
export async function* mapStream(
  { map, schema }: MappedRelation,
  batches: AsyncIterable<RecordBatch>,
  { signal, failed }: MapOptions,
): AsyncGenerator<RecordBatch> {
  const arrow = await import("apache-arrow")
  let rows = 0
  for await (const batch of batches) {
    let made: unknown
    try {
      made = await unlessStopped(async () => map(batch), signal)
    } catch (error) {
      throw signal.aborted ? signal.reason : failed(error)
    }
    if (!isBatch(made)) throw noBatch(made)
    const conformed = conformBatch(made, schema, arrow, rows)
    rows += conformed.numRows
    yield conformed
  }
}

async function unlessStopped<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
  })
  signal.addEventListener("abort", stop, { once: true })
  try {
    return await Promise.race([work(), stopped])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

function noBatch(made: unknown): FrameError {
  return new FrameError("FRAME_ROW_INVALID", {
    what: `The function of mapBatches returned ${made === null ? "null" : `a value of type ${typeof made}`}.`,
    why: "It returns one Arrow RecordBatch for each that it is given; one without rows counts, too.",
    fix: "Return a RecordBatch of apache-arrow with the columns that mapBatches names.",
  })
}
