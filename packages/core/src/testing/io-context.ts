import { randomUUID } from "node:crypto"
import { expandVariables } from "../environment/expand-variables.ts"
import type { IOContext, Materialization, OutputContext, Written } from "../io/io-manager.ts"

const neverAborted = new AbortController().signal

/** What every call of an IO manager is given, for tests. */
export function ioContext(base: string, signal: AbortSignal = neverAborted): IOContext {
  return {
    base,
    signal,
    expand: text => expandVariables(text, { environment: "test", vars: {}, process: process.env }),
  }
}

/** What a test says of a write; the rest is as a run would have it. */
export interface OutputRequest extends Partial<Omit<OutputContext, "approve" | "inUse" | "session">> {
  readonly base: string
  readonly session: OutputContext["session"]
  /** Called where the manager asks whether what it wrote may become current; a rejection refuses it. */
  readonly onApprove?: (written: Written) => void | Promise<void>
  /** Fields of the record that differ. */
  readonly record?: Partial<Materialization>
  readonly inUse?: readonly string[]
}

let writes = 0
/** Ids that sort by the time at which they were made, like the UUIDv7 of a real write. */
export function nextWriteId(): string {
  const time = Date.now().toString(16).padStart(12, "0")
  const count = (++writes).toString(16).padStart(4, "0")
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count}${randomUUID().slice(-8)}`
}

/** The context of one write, for tests. Its record says no more than a manager has to keep. */
export function outputContext(request: OutputRequest): OutputContext {
  const { key = "marts/cases", partitions = [], fingerprint = randomUUID(), inUse = [], onApprove, record } = request
  const { base, signal, session, id = nextWriteId(), ...rest } = request
  return {
    ...ioContext(base, signal),
    write: "overwrite",
    layout: undefined,
    stepId: `${key}${partitions.length > 0 ? `[${partitions.join(",")}]` : ""}#1`,
    waiting: () => {},
    commit: change => change(),
    ...rest,
    key,
    id,
    partitions,
    fingerprint,
    session,
    inUse: () => new Set(inUse),
    async approve(written) {
      await onApprove?.(written)
      return {
        id,
        key,
        partitions,
        kind: written.stored.kind,
        fingerprint,
        dataVersion: fingerprint,
        codeVersion: "code",
        inputs: { "raw/up": "1" },
        runId: "run",
        attempt: 1,
        createdAt: "2026-01-01T00:00:00.000Z",
        engine: "test",
        ...(written.result && { rows: written.result.rows, bytes: written.result.bytes }),
        ...record,
      }
    },
  }
}
