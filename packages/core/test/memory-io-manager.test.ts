import type { EngineSession, OutputValue, RecordBatch, Relation, Schema, StoredValue } from "@assets/core"
import {
  type ConformanceRow,
  type IOManagerFixture,
  ioContext,
  ioManagerConformance,
  memoryIO,
  outputContext,
} from "@assets/core/testing"
import { describe, expect, test } from "vitest"
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

test("what was staged of several partitions by one write is published whole, and with what is gone nothing is", async () => {
  const io = memoryIO()
  const session = () => Promise.reject(new Error("JSON needs no engine"))
  const request = { base: "/", key: "a/parts", partitions: ["a", "b"], staged: true, session }
  const materialization = await io.handleOutput(outputContext(request), { kind: "json", value: 1 })
  const context = { ...ioContext("/"), commit: <T>(change: () => T) => change(), inUse: () => new Set<string>() }
  const both = ["a", "b"].map(partition => ({ key: "a/parts", partition, materialization, former: null }))
  const gone = { key: "a/gone", partition: null, materialization: { ...materialization, id: "gone" }, former: null }
  await expect(io.publish?.(context, [...both, gone])).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
  expect(await io.current(context, ["a/parts"])).toEqual(new Map())
  await io.publish?.(context, both)
  expect((await io.current(context, ["a/parts"])).get("a/parts")?.map(one => one.partition)).toEqual(["a", "b"])
})
