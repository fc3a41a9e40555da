import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import Database from "better-sqlite3"
import { afterEach, beforeEach, describe, expect, test } from "vitest"

const worker = join(import.meta.dirname, "worker.mjs")
const ROWS = 5_000

/** Points inside a step: while the function runs, the data is written, the version is marked complete, it becomes current, and the event is appended. */
const points = ["step.compute", "io.write", "io.marker", "io.pointer", "event.append"] as const
/** At which passing of the point the process dies: spread over the steps of a run. */
const passings = [1, 2, 3, 4, 2, 3] as const

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

async function runWorker(kind: string, folder: string, generation: number, fault?: string): Promise<Ended> {
  const env = { ...process.env, ...(fault && { ASSETS_FAULT: fault }) }
  const child = spawn(process.execPath, [worker, kind, folder, `${generation}`], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  child.stdout.on("data", chunk => (output += chunk))
  child.stderr.on("data", chunk => (output += chunk))
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => resolve({ code, signal, output }))
  })
}

/** What is stored under a key, read by hand: the id of its version and how many rows there are of each generation. */
interface Stored {
  readonly id: string
  readonly generations: readonly { readonly generation: number; readonly rows: number }[]
}

async function query(path: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(path, path === ":memory:" ? {} : { access_mode: "READ_ONLY" })
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function storedInParquet(folder: string, key: string): Promise<Stored | undefined> {
  const pointer = join(folder, "data", key, "_current", "all.json")
  if (!existsSync(pointer)) return undefined
  const { id } = JSON.parse(readFileSync(pointer, "utf8"))
  const version = join(folder, "data", key, "_versions", id)
  expect(existsSync(join(version, "_assets.json")), `${key} is current and not complete`).toBe(true)
  if (key === "made/note") {
    const file = readdirSync(version).find(name => name.endsWith(".json") && name !== "_assets.json") ?? ""
    return {
      id,
      generations: [{ generation: JSON.parse(readFileSync(join(version, file), "utf8")).generation, rows: ROWS }],
    }
  }
  const rows = await query(":memory:", `select generation, count(*) as n from '${version}/*.parquet' group by 1`)
  return { id, generations: rows.map(row => ({ generation: Number(row.generation), rows: Number(row.n) })) }
}

async function storedInFile(folder: string, key: string): Promise<Stored | undefined> {
  const path = join(folder, "w.duckdb")
  if (!existsSync(path)) return undefined
  const tables = await query(path, "select table_name from duckdb_tables() where schema_name = '_assets'")
  if (tables.length === 0) return undefined
  const [record] = await query(path, `select id from _assets.materializations where key = '${key}'`)
  if (!record) return undefined
  const id = String(record.id)
  if (key === "made/note") return { id, generations: [] }
  const [schema, name] = key.split("/")
  const rows = await query(path, `select generation, count(*) as n from "${schema}"."${name}" group by 1`)
  return { id, generations: rows.map(row => ({ generation: Number(row.generation), rows: Number(row.n) })) }
}

const keys = ["made/rows", "made/copy", "made/last", "made/note"]
const readers = { parquet: storedInParquet, duckdb: storedInFile } as const

/** The latest materialization of each key that the event log tells of. */
function told(folder: string): Map<string, string> {
  const db = new Database(join(folder, "state", "assets.db"), { readonly: true })
  try {
    const rows = db.prepare("select key, payload from events where type = 'asset_materialized' order by id").all() as {
      key: string
      payload: string
    }[]
    return new Map(rows.map(row => [row.key, JSON.parse(row.payload).materialization.id]))
  } finally {
    db.close()
  }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assets-kill-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe.each(["parquet", "duckdb"] as const)("killed while writing to %s", kind => {
  test.each(points)(
    "in %s: the data is the old or the new, and the next run completes",
    { timeout: 300_000 },
    async point => {
      const read = readers[kind]
      expect((await runWorker(kind, folder, 1)).code).toBe(0)
      const before = new Map<string, Stored | undefined>()
      for (const key of keys) before.set(key, await read(folder, key))
      let generation = 1
      for (const passing of passings) {
        generation++
        const killed = await runWorker(kind, folder, generation, `${point}:${passing}:kill`)
        expect(killed.signal, killed.output).toBe("SIGKILL")
        const reported = told(folder)
        for (const key of keys) {
          const stored = await read(folder, key)
          const former = before.get(key)
          expect(stored, `${key} was lost`).toBeDefined()
          const isNew = stored?.id !== former?.id
          // What the log tells of is there; what it does not tell of yet may be there too.
          if (reported.get(key) !== former?.id) expect(stored?.id).toBe(reported.get(key))
          const wanted = isNew ? generation : generation - 1
          if (stored?.generations.length) expect(stored.generations).toEqual([{ generation: wanted, rows: ROWS }])
        }
        const next = await runWorker(kind, folder, generation)
        expect(next.code, next.output).toBe(0)
        for (const key of keys) {
          const stored = await read(folder, key)
          if (stored?.generations.length) expect(stored.generations).toEqual([{ generation, rows: ROWS }])
          before.set(key, stored)
        }
      }
      const db = new Database(join(folder, "state", "assets.db"), { readonly: true })
      try {
        const lost = db
          .prepare("select count(*) as n from runs where status = 'failed' and reason = 'runner lost'")
          .get()
        expect(lost).toEqual({ n: passings.length })
        expect(db.prepare("select count(*) as n from runs where status = 'running'").get()).toEqual({ n: 0 })
        expect(db.prepare("select count(*) as n from leases").get()).toEqual({ n: 0 })
      } finally {
        db.close()
      }
      // Nothing of the killed attempts is left beside the versions that are kept.
      if (kind === "parquet") {
        for (const key of keys)
          expect(readdirSync(join(folder, "data", key, "_versions")).length).toBeLessThanOrEqual(2)
      }
    },
  )
})
