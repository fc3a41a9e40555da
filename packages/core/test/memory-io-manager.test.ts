import type { EngineSession, OutputValue, RecordBatch, Relation, Schema, StoredValue } from "@assets/core"
import { type ConformanceRow, type IOManagerFixture, ioManagerConformance, memoryIO } from "@assets/core/testing"
import { describe, test } from "vitest"
import { fakeEngine } from "./fake-table.ts"

const schema: Schema = { columns: ["id", "name", "value", "part"].map(name => ({ name, type: "fake" })) }
type Rows = { readonly rows: () => readonly ConformanceRow[] }

function fixture(): IOManagerFixture {
  const io = memoryIO()
  let session: Promise<EngineSession> | undefined
  const relation = (rows: () => readonly ConformanceRow[]): OutputValue => {
    return { kind: "relation", schema, relation: { kind: "fake", rows } as Relation & Rows }
  }
  return {
    base: "/",
    schema,
    createIOManager: () => io, // another one sees nothing: memory is what it keeps
    session: () => {
      session ??= fakeEngine().open({
        timeZone: "UTC",
        scratch: "/",
        now: new Date(),
        signal: new AbortController().signal,
      })
      return session
    },
    relation: rows => relation(() => rows),
    batches: rows => ({
      kind: "batches",
      schema,
      async *batches() {
        for (const row of rows) yield { numRows: 1, rows: [row] } as RecordBatch
      },
    }),
    failing: () =>
      relation(() => {
        throw new Error("the engine failed")
      }),
    read: async (stored: StoredValue) =>
      [...(stored as unknown as { readonly relation: Rows }).relation.rows()].sort((a, b) => Number(a.id - b.id)),
  }
}

describe("the IO manager in memory", () => {
  test.each(ioManagerConformance.map(one => [`${one.theme}: ${one.name}`, one] as const))("%s", async (_, one) => {
    await one.run(fixture())
  })
})
