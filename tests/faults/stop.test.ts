import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { buildPrograms, Program } from "./program.ts"
import { contentsOf, type Generations, type Shape, type Storage, shapeNames, shapes } from "./shapes.ts"
import { HandReader } from "./stored-by-hand.ts"
import type { Death, WorkerCommand, WorkerLine } from "./worker.ts"

type Done = Extract<WorkerLine, { is: "done" }>

// tests/e2e/leases.test.ts stops the command itself; here each way of writing is stopped at each point of a write.
let programs: string
beforeAll(() => {
  programs = buildPrograms(["worker.ts"])
})
afterAll(() => rmSync(programs, { recursive: true, force: true }))

/** A folder in which processes write, one of them stopped. */
class Place {
  readonly folder = mkdtempSync(join(tmpdir(), "assets-stop-"))
  readonly storage: Storage
  readonly #children: Program<WorkerLine>[] = []

  constructor(storage: Storage) {
    this.storage = storage
    mkdirSync(join(this.folder, "tmp"))
  }

  start(env: { readonly [name: string]: string } = {}): Program<WorkerLine> {
    const all = { TMPDIR: join(this.folder, "tmp"), ...env }
    const child = new Program<WorkerLine>(join(programs, "worker.mjs"), [this.folder, this.storage], all)
    this.#children.push(child)
    return child
  }

  /** What the current materializations of a shape are, and that each is whole and of the generation. */
  async expectWhole(shape: Shape, generation: number): Promise<string[]> {
    const held = await new HandReader(this.folder, this.storage).read(shapes[shape].keys)
    expect(held).toHaveLength(shapes[shape].keys.length * shapes[shape].parts.length)
    for (const { generations } of held) {
      const counts = [...generations].map(([one, { rows, ids }]) => [one, { rows, ids }] as const)
      expect(new Map(counts)).toEqual(contentsOf(shape, generation))
    }
    return held.map(({ key, partition, id }) => `${key} ${partition} ${id}`).sort()
  }

  /** Makes the running runs look as if their processes had given no sign for ten minutes. */
  age(): void {
    const db = new Database(join(this.folder, "state", "assets.db"), { timeout: 5_000 })
    try {
      const sql = `UPDATE runs SET heartbeat = heartbeat - 600000, heartbeat_monotonic = heartbeat_monotonic - 600000
        WHERE status = 'running'`
      expect(db.prepare(sql).run().changes).toBe(1)
    } finally {
      db.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.signal("SIGKILL")
    await Promise.all(this.#children.map(child => child.ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function runOf(shape: Shape, generation: number, death?: Death): WorkerCommand {
  const generations = Object.fromEntries(shapeNames.map(name => [name, generation])) as Generations
  const { keys, parts } = shapes[shape]
  const partitions = parts.length > 1 ? { partitions: parts } : {}
  const base = generation === 1 ? ["made/base"] : []
  // One step at a time: a process that is stopped while another step has the DuckDB file would keep it.
  return { run: { generations, select: [...base, ...keys], ...partitions, ...(death && { death }), concurrency: 1 } }
}

async function done(worker: Program<WorkerLine>): Promise<Done & { readonly waits: readonly string[] }> {
  const waits: string[] = []
  for (let line = await worker.next(); line; line = await worker.next()) {
    if (line.is === "waiting") waits.push(line.holder)
    if (line.is === "done") return { ...line, waits }
  }
  throw new Error(`it ended and was not done: ${worker.complaints}`)
}

/** Waits until the kernel tells that a process is stopped. */
async function isStopped({ pid }: Program<WorkerLine>): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    if (readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")[0] === "T") return
    await new Promise(resolve => setImmediate(resolve))
  }
  throw new Error(`process ${pid} was not stopped: its run does not pass the point`)
}

/** Stops a run at a point, lets another one do the same work, and wakes the first. */
async function takeOver(place: Place, shape: Shape, point: Death["point"]): Promise<{ woken: Done; ids: string[] }> {
  const first = place.start()
  first.send(runOf(shape, 1))
  expect((await done(first)).errors).toEqual([])
  first.send(runOf(shape, 2, { point, passing: 1, stop: true }))
  await isStopped(first)
  place.age()
  const other = place.start()
  other.send(runOf(shape, 2))
  const taken = await done(other)
  expect(taken.errors).toEqual([])
  const ids = await place.expectWhole(shape, 2)
  first.signal("SIGCONT")
  const woken = await done(first)
  expect(await place.expectWhole(shape, 2), "the other's data stands").toEqual(ids)
  other.send(runOf(shape, 3))
  expect((await done(other)).errors).toEqual([])
  await place.expectWhole(shape, 3)
  return { woken, ids }
}

const beforeHold = ["step.compute"] as const
const inWrite = ["step.compute", "io.write", "io.marker"] as const

describe.each([
  ["parquet", [...inWrite, "io.pointer"]],
  ["parquet-run", [...inWrite, "io.publish"]],
  ["duckdb", beforeHold],
] as const)("stopped while writing to %s", (storage, points) => {
  describe.each(["chain", "append", "merge", "slices"] as const)("the shape %s", shape => {
    test.each(points)("at %s: its work is done by another, and refused when it wakes", async point => {
      await using place = new Place(storage)
      const { woken } = await takeOver(place, shape, point)
      expect(woken.status).not.toBe("succeeded")
      expect(woken.errors.join("\n")).toContain("LEASE_LOST")
    })
  })
})

test.each(["io.write", "io.pointer"] as const)(
  "stopped at %s with a DuckDB file in its hands: the other is told for whom it waits, and nothing is lost",
  async point => {
    await using place = new Place("duckdb")
    const first = place.start()
    first.send(runOf("append", 1))
    expect((await done(first)).errors).toEqual([])
    first.send(runOf("append", 2, { point, passing: 1, stop: true }))
    await isStopped(first)
    place.age()
    const other = place.start({ WAIT_MS: "300" })
    other.send(runOf("append", 2))
    const refused = await done(other)
    expect(refused.errors.join("\n")).toContain("STORAGE_BUSY")
    expect(refused.errors.join("\n")).toContain(`${first.pid}`)
    first.signal("SIGCONT")
    await done(first)
    const next = place.start()
    next.send(runOf("append", 2))
    expect((await done(next)).errors).toEqual([])
    await place.expectWhole("append", 2)
  },
)
