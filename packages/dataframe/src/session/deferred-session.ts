import type { RecordBatch } from "apache-arrow"
import { FrameError } from "../errors/frame-error.ts"
import { bindPlan } from "../plan/bind-plan.ts"
import { parametersOf } from "../plan/partition-values.ts"
import type { Relation } from "../plan/relation.ts"
import { bottomUp } from "../plan/walk-relation.ts"
import type { Schema } from "../schema/schema.ts"
import type { EngineSession } from "./engine-session.ts"

/** Counts over all sessions, so that a frame of another session is never taken for one of this. */
let deferred = 0

/**
 * A session whose frames may stand over relations that are still being made: rows on their way to the engine, files
 * that are looked for. A query waits for those that it reads.
 */
export class DeferredSession implements EngineSession {
  readonly #engine: EngineSession
  readonly #pending = new Map<string, Promise<Relation>>()
  readonly #now: Date

  constructor(engine: EngineSession, now: Date) {
    this.#engine = engine
    this.#now = now
  }

  get dialect(): EngineSession["dialect"] {
    return this.#engine.dialect
  }

  /** A relation that stands for one that is being made. */
  defer(name: string, schema: Schema, made: Promise<Relation>): Relation {
    const key = `${name}#${++deferred}`
    made.catch(() => {}) // told by the query that reads it
    this.#pending.set(key, made)
    return { kind: "input", key, schema }
  }

  async *batches(plan: Relation, signal: AbortSignal): AsyncGenerator<{ readonly numRows: number }> {
    yield* this.#engine.batches(await this.#bound(plan), signal)
  }

  async explain(plan: Relation): Promise<string> {
    return this.#engine.explain(await this.#bound(plan))
  }

  upload(batches: AsyncIterable<RecordBatch>, schema: Schema): Promise<{ readonly kind: string }> {
    return this.#engine.upload(batches, schema)
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#pending.values())
    await this.#engine.close()
  }

  async #bound(plan: Relation): Promise<Relation> {
    const inputs = new Map<string, Relation>()
    for (const relation of bottomUp(plan)) {
      if (relation.kind !== "input") continue
      const made = this.#pending.get(relation.key)
      if (!made) throw ofAnother(relation.key)
      inputs.set(relation.key, await made)
    }
    return bindPlan(plan, { inputs, parameters: parametersOf({ now: this.#now }) })
  }
}

function ofAnother(key: string): FrameError {
  return new FrameError("FRAME_INPUT_UNBOUND", {
    what: `The plan reads '${key.replace(/#\d+$/, "")}', which this session does not have.`,
    why: "It stands in a frame of another session, or in one that is not bound; frames are combined within one session.",
    fix: "Read or create all of the frames with the same session.",
    details: { input: key },
  })
}
