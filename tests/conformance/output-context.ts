import { randomUUID } from "node:crypto"
import type { OutputContext } from "@assets/core"
import type { EngineFixture } from "./fixture.ts"

export const writtenKey = "marts/numbers"

/** The context of a write of `marts/numbers`; ids sort by the time at which they are made. */
export function outputContext(fixture: EngineFixture, fingerprint: string): OutputContext {
  const id = `${Date.now().toString(16).padStart(12, "0")}-${randomUUID()}`
  return {
    base: fixture.base,
    key: writtenKey,
    id,
    partitions: [],
    signal: new AbortController().signal,
    write: "overwrite",
    layout: undefined,
    stepId: `${writtenKey}#1`,
    session: () => fixture.session(),
    waiting: () => {},
    inUse: () => new Set(),
    approve: async ({ stored, result }) => ({
      id,
      key: writtenKey,
      partitions: [],
      kind: stored.kind,
      fingerprint,
      dataVersion: fingerprint,
      codeVersion: "code",
      inputs: {},
      runId: "run",
      attempt: 1,
      createdAt: "2026-01-01T00:00:00.000Z",
      engine: "duckdb",
      ...(result && { rows: result.rows }),
    }),
  }
}
