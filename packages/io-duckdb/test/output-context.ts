import { randomUUID } from "node:crypto"
import type { EngineSession, OutputContext, WriteMode, Written } from "@assets/core"

export interface OutputRequest {
  readonly base: string
  readonly session: EngineSession
  readonly key?: string
  readonly partitions?: readonly string[]
  readonly fingerprint?: string
  readonly write?: WriteMode
  readonly onApprove?: (written: Written) => void | Promise<void>
  readonly waiting?: (holder: string) => void
  readonly signal?: AbortSignal
}

/** The context of a write whose record says no more than it has to. */
export function outputContext(request: OutputRequest): OutputContext {
  const { base, session, key = "marts/numbers", partitions = [], fingerprint = "print", onApprove } = request
  const id = randomUUID()
  return {
    base,
    key,
    id,
    partitions,
    signal: request.signal ?? new AbortController().signal,
    write: request.write ?? "overwrite",
    layout: undefined,
    stepId: `${key}#1`,
    session: async () => session,
    waiting: request.waiting ?? (() => {}),
    inUse: () => new Set(),
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
        inputs: {},
        runId: "run",
        attempt: 1,
        createdAt: "2026-01-01T00:00:00.000Z",
        engine: "duckdb",
        ...(written.result && { rows: written.result.rows }),
      }
    },
  }
}
