import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { openSession, schema, sql, table, temporaryFolder } from "./tables.ts"

const never = new AbortController().signal
const endless =
  "CREATE VIEW endless AS SELECT sum(a.range * b.range)::BIGINT AS n FROM range(10000000) a, range(1000000) b"
const columns = schema({ n: "int64" })

function newFolder(): string {
  const folder = join(temporaryFolder(), "out")
  mkdirSync(folder)
  return folder
}

test("interrupt ends a write that would not end, also when it comes before the query has begun, and harms no other", async () => {
  const session = await openSession()
  await sql(session, endless)
  await sql(session, "CREATE VIEW small AS SELECT 1::BIGINT AS n")
  const target = { kind: "files", format: "parquet", path: newFolder() } as const
  const writing = session.write(table("endless", columns), target, { stepId: "a", signal: never })
  const other = session.write(table("small", columns), { ...target, path: newFolder() }, { stepId: "b", signal: never })
  await session.interrupt("a")
  await expect(writing).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED", name: "EngineError" })
  expect((await other).rows).toBe(1)
})

test("a query tells its progress and ends when its signal aborts", async () => {
  const session = await openSession()
  await sql(session, "CREATE TABLE numbers AS SELECT range AS n FROM range(300000)")
  await sql(
    session,
    "CREATE VIEW endless AS SELECT count(*)::BIGINT AS n FROM numbers a, numbers b WHERE a.n * b.n % 7 = 3",
  )
  const controller = new AbortController()
  const target = { kind: "files", format: "parquet", path: newFolder() } as const
  const writing = session.write(table("endless", columns), target, { stepId: "a", signal: controller.signal })
  writing.catch(() => {})
  await expect.poll(() => session.progress("a")).toHaveProperty("percent")
  controller.abort()
  await expect(writing).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED" })
  expect(session.progress("a")).toEqual({})
})

test("a stream ends when its signal aborts, and a stream that is left early frees its connection", async () => {
  const session = await openSession()
  await sql(session, "CREATE VIEW many AS SELECT range AS n FROM range(100000000)")
  const controller = new AbortController()
  const read = async () => {
    for await (const _batch of session.batches(table("many", columns), controller.signal)) controller.abort()
  }
  await expect(read()).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED" })
  for await (const batch of session.batches(table("many", columns), never)) {
    expect(batch.numRows).toBeGreaterThan(0)
    break
  }
  await sql(session, "CREATE VIEW few AS SELECT 7::BIGINT AS n")
  for await (const batch of session.batches(table("few", columns), never)) expect(batch.numRows).toBe(1)
})
