import type { RecordBatch } from "apache-arrow"
import { FrameError } from "../errors/frame-error.ts"
import type { MappedRelation } from "../plan/map-batches.ts"
import { conformBatch } from "./conform-batch.ts"
import { isBatch } from "./output-batches.ts"

/**
 * The batches of a relation's input through its function, one after the other, held to its columns.
 * @param failed gives the error that a user sees for what the function threw
 * @throws FrameError `FRAME_SCHEMA_MISMATCH`, `FRAME_ROW_INVALID`
 */
export async function* mapStream(
  { map, schema }: MappedRelation,
  batches: AsyncIterable<RecordBatch>,
  failed: (thrown: unknown) => unknown,
): AsyncGenerator<RecordBatch> {
  const arrow = await import("apache-arrow")
  let rows = 0
  for await (const batch of batches) {
    let made: unknown
    try {
      made = await map(batch)
    } catch (error) {
      throw failed(error)
    }
    if (!isBatch(made)) throw noBatch(made)
    const conformed = conformBatch(made, schema, arrow, rows)
    rows += conformed.numRows
    yield conformed
  }
}

function noBatch(made: unknown): FrameError {
  return new FrameError("FRAME_ROW_INVALID", {
    what: `The function of mapBatches returned ${made === null ? "null" : `a value of type ${typeof made}`}.`,
    why: "It returns one Arrow RecordBatch for each that it is given; one without rows counts, too.",
    fix: "Return a RecordBatch of apache-arrow with the columns that mapBatches names.",
  })
}
