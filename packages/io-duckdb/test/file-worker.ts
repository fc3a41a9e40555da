import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ioContext, outputContext } from "@assets/core/testing"
import type { Relation, Schema } from "@assets/dataframe"
import type { DuckdbSession } from "../src/duckdb-session.ts"
import { duckdb, duckdbFileIO } from "../src/index.ts"

/**
 * A process that writes or reads one DuckDB file, for tests: `file-worker.ts write|read|append FOLDER KEY ROWS SECONDS`.
 * Prints a line of JSON for each write or read: `{ ms, rows, waits }`. SECONDS 0 means once.
 */
const [, , does = "", base = "", key = "", rowsText = "1", secondsText = "0"] = process.argv
const rows = Number(rowsText)
const scratch = mkdtempSync(join(tmpdir(), "file-worker-"))
const signal = new AbortController().signal
const schema: Schema = {
  columns: [
    { name: "n", type: { kind: "int64" } },
    { name: "v", type: { kind: "float64" } },
    { name: "s", type: { kind: "string" } },
  ],
}

const io = duckdbFileIO({ path: "w.duckdb" })
let opened: Promise<DuckdbSession> | undefined
const session = () => {
  const now = new Date()
  opened ??= duckdb().open({ timeZone: "UTC", scratch, now, signal }) as Promise<DuckdbSession> // what duckdb() opens
  return opened
}

async function write(): Promise<object> {
  const connection = await (await session()).instance.connect()
  await connection.run(
    `CREATE OR REPLACE VIEW memory.main.made AS SELECT range AS n, range / 7.0 AS v, md5(range::VARCHAR) AS s FROM range(${rows})`,
  )
  connection.closeSync()
  const relation: Relation = { kind: "table", path: ["memory", "main", "made"], schema }
  const waits: string[] = []
  const waiting = (holder: string) => void waits.push(holder)
  const mode = does === "append" ? ("append" as const) : ("overwrite" as const)
  const request = { base, key, session, waiting, write: mode, stepId: `run-${process.pid}:${key}:1` }
  const record = await io.handleOutput(outputContext(request), { kind: "relation", relation, schema })
  return { rows: record.rows, waits }
}

async function read(): Promise<object> {
  const [current] = (await io.current(ioContext(base), [key])).get(key) ?? []
  return { rows: current?.materialization.rows ?? null }
}

const end = Date.now() + Number(secondsText) * 1000
do {
  const start = performance.now()
  const told = await (does === "read" ? read() : write())
  console.log(JSON.stringify({ ms: Math.round(performance.now() - start), ...told }))
} while (Date.now() < end)
await io.close?.()
await (await opened)?.close()
rmSync(scratch, { recursive: true, force: true })
