import type { RecordBatch } from "apache-arrow"
import type { Relation } from "../plan/relation.ts"
import type { Schema } from "../schema/schema.ts"

/** What a frame asks of an open engine; core's `EngineSession` has it. */
export interface EngineSession {
  readonly dialect: "duckdb" | "spark"
  /** Runs the relation and streams its rows. */
  batches(plan: Relation, signal: AbortSignal): AsyncIterable<{ readonly numRows: number }>
  /** Puts rows where the engine can read them, until the session closes. */
  upload(batches: AsyncIterable<RecordBatch>, schema: Schema): Promise<{ readonly kind: string }>
  /** The statement that the engine would run, and its own plan of it. */
  explain(plan: Relation): Promise<string>
  close(): Promise<void>
}

/** Opens the session on first use. */
export type OpenSession = () => Promise<EngineSession>

/** What `openSession` asks of an engine; core's `Engine` has it. */
export interface Engine {
  readonly name: string
  open(context: {
    readonly timeZone: string
    readonly scratch: string
    readonly now: Date
    readonly signal: AbortSignal
  }): Promise<EngineSession>
}
