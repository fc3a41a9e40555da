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
const passings = [1, 2, 3, 3, 2, 1] as const

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

/** How a worker dies: at a named point, or from outside after some milliseconds. */
type Death = string | number

async function runWorker(kind: string, folder: string, generation: number, death?: Death): Promise<Ended> {
  const env = { ...process.env, ...(typeof death === "string" && { ASSETS_FAULT: death }) }
  const child = spawn(process.execPath, [worker, kind, folder, `${generation}`], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  child.stdout.on("data", chunk => (output += chunk))
  child.stderr.on("data", chunk => (output += chunk))
  const timer = typeof death === "number" ? setTimeout(() => child.kill("SIGKILL"), death) : undefined
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, output })
    })
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
  const [record] = await query(path, `select id from _assets.materializations where asset_key = '${key}'`)
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

/** Kills one run after another, each of a further generation, and looks at the data after each kill and each next run. */
async function killAndRead(kind: keyof typeof readers, deaths: readonly Death[]): Promise<void> {
  const read = readers[kind]
  expect((await runWorker(kind, folder, 1)).code).toBe(0)
  const before = new Map<string, Stored | undefined>()
  for (const key of keys) before.set(key, await read(folder, key))
  let generation = 1
  let kills = 0
  for (const death of deaths) {
    generation++
    const killed = await runWorker(kind, folder, generation, death)
    if (typeof death === "string") expect(killed.signal, killed.output).toBe("SIGKILL")
    else if (killed.signal === null) expect(killed.code, killed.output).toBe(0)
    if (killed.signal !== null) kills++
    const reported = told(folder)
    for (const key of keys) {
      const stored = await read(folder, key)
      const former = before.get(key)
      expect(stored, `${key} was lost`).toBeDefined()
      // What the log tells of is there; what it does not tell of yet may be there too.
      if (reported.get(key) !== former?.id) expect(stored?.id).toBe(reported.get(key))
      const wanted = stored?.id === former?.id ? generation - 1 : generation
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
  expectLostRuns(deaths, kills)
  // Nothing of the killed attempts outlives the next write: two versions are kept.
  expect((await runWorker(kind, folder, generation + 1)).code).toBe(0)
  if (kind === "parquet") {
    for (const key of keys) expect(readdirSync(join(folder, "data", key, "_versions"))).toHaveLength(2)
  }
}

/** Each killed run that had begun is told as lost, none as running, and no lock stays. */
function expectLostRuns(deaths: readonly Death[], kills: number): void {
  const db = new Database(join(folder, "state", "assets.db"), { readonly: true })
  try {
    const sql = "select count(*) as n from runs where status = 'failed' and reason = 'runner lost'"
    const { n } = db.prepare(sql).get() as { n: number }
    // A process that is killed from outside may not have begun its run.
    if (deaths.every(death => typeof death === "string")) expect(n).toBe(kills)
    else expect(n).toBeLessThanOrEqual(kills)
    expect(db.prepare("select count(*) as n from runs where status = 'running'").get()).toEqual({ n: 0 })
    expect(db.prepare("select count(*) as n from leases").get()).toEqual({ n: 0 })
  } finally {
    db.close()
  }
}

/** Milliseconds into a run, from its start to its end, in an order that is drawn once. */
const moments = [310, 520, 430, 610, 380, 560, 470, 350, 590, 500] as const

describe.each(["parquet", "duckdb"] as const)("killed while writing to %s", kind => {
  test.each(points)("in %s: the data is the old or the new, and the next run completes", { timeout: 300_000 }, point =>
    killAndRead(
      kind,
      passings.map(passing => `${point}:${passing}:kill`),
    ),
  )

  test("at any moment: the data is the old or the new, and the next run completes", { timeout: 300_000 }, () =>
    killAndRead(kind, moments),
  )
})
