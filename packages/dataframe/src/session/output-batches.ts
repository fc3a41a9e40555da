import type { RecordBatch, Table } from "apache-arrow"
import { FrameError } from "../errors/frame-error.ts"
import type { Schema } from "../schema/schema.ts"
import { BatchWriter } from "./batch-writer.ts"
import { conformBatch } from "./conform-batch.ts"
import { ContentDigest } from "./content-digest.ts"

/** Rows that were made in TypeScript, as batches of a schema. */
export interface OutputBatches {
  /** Streams the batches; may be called once. */
  batches(): AsyncIterable<RecordBatch>
  /** SHA-256 of the content, in hex; known once the stream has been read to its end. */
  digest(): string | undefined
}

/**
 * Holds rows to a schema while they flow: an Arrow table, or an iterable (also async) of row objects or Arrow batches.
 * @throws FrameError `FRAME_ROW_INVALID` for what is none of these; the stream itself throws for a wrong row
 */
export function outputBatches(value: unknown, schema: Schema): OutputBatches {
  const rows = rowBatches(value, schema)
  const digest = new ContentDigest(schema)
  let hex: string | undefined
  let started = false
  return {
    async *batches() {
      if (started) throw new Error("The batches of an output were asked for twice. Please report this.")
      started = true
      for await (const batch of rows) {
        digest.add(batch)
        yield batch
      }
      hex = digest.hex()
    },
    digest: () => hex,
  }
}

/**
 * The batches alone, their content not digested.
 * @throws FrameError as `outputBatches`
 */
export function rowBatches(value: unknown, schema: Schema): AsyncIterable<RecordBatch> {
  return streamed(itemsOf(value), schema)
}

async function* streamed(items: Items, schema: Schema): AsyncGenerator<RecordBatch> {
  const arrow = await import("apache-arrow")
  const stream = new ItemStream(schema, arrow)
  // An array is walked without `for await`, and nothing is yielded for most rows: either costs more than the row.
  if (Symbol.iterator in items) {
    for (const item of items) {
      const full = stream.take(item)
      if (full.length > 0) yield* full
    }
  } else {
    for await (const item of items) {
      const full = stream.take(item)
      if (full.length > 0) yield* full
    }
  }
  yield* stream.rest()
}

/** Rows and batches, in any mixture, as batches. */
class ItemStream {
  readonly #schema: Schema
  readonly #arrow: typeof import("apache-arrow")
  readonly #writer: BatchWriter
  #rows = 0

  constructor(schema: Schema, arrow: typeof import("apache-arrow")) {
    this.#schema = schema
    this.#arrow = arrow
    this.#writer = new BatchWriter(schema, arrow)
  }

  /** The batches that are full with this item. */
  take(item: unknown): readonly RecordBatch[] {
    if (isBatch(item)) {
      const batches = [...this.rest(), conformBatch(item, this.#schema, this.#arrow, this.#rows)]
      this.#rows += item.numRows
      return batches
    }
    this.#writer.append(item)
    this.#rows++
    return this.#writer.isFull() ? [this.#writer.finish()] : none
  }

  rest(): readonly RecordBatch[] {
    return this.#writer.isEmpty ? none : [this.#writer.finish()]
  }
}

const none: readonly RecordBatch[] = []

type Items = Iterable<unknown> | AsyncIterable<unknown>

function itemsOf(value: unknown): Items {
  if (isTable(value)) return value.batches
  if (isBatch(value)) return [value]
  if (typeof value === "object" && value !== null) {
    if (Symbol.asyncIterator in value) return value as AsyncIterable<unknown> // it says so
    if (Symbol.iterator in value && !(value instanceof Map)) return value as Iterable<unknown> // it says so
  }
  throw new FrameError("FRAME_ROW_INVALID", {
    what: `${value === null ? "null" : `A value of type ${typeof value}`} was given where rows are expected.`,
    why: "Rows come as a DataFrame, an Arrow table, or an array or async iterable of row objects or Arrow batches.",
    fix: "Return one of these, or declare the asset with json() or nothing().",
  })
}

/** Arrow's own marks, so that another copy of Arrow is known, too. */
function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && "batches" in value && "numCols" in value
}

export function isBatch(value: unknown): value is RecordBatch {
  return typeof value === "object" && value !== null && "numRows" in value && "data" in value && "getChildAt" in value
}
