import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import Database from "better-sqlite3"
import type { Kill, KillAt } from "./kill-plan.ts"
import { Program } from "./program.ts"
import type { ReaderLine } from "./reader.ts"
import { type Generations, type Shape, type Storage, shapeNames, shapes } from "./shapes.ts"
import { HandReader, leftovers } from "./stored-by-hand.ts"
import type { Death, WorkerLine } from "./worker.ts"

const allKeys = shapeNames.flatMap(name => shapes[name].keys)
/** A run of these takes a fraction of a second, and waits for a reader now and then. */
const stuckMs = 60_000

export interface Violation {
  readonly at: KillAt | "setup" | "end"
  readonly text: string
}

export interface LaneResult {
  readonly folder: string
  readonly reads: number
  /** Of each point: kills that hit a living process. */
  readonly kills: ReadonlyMap<KillAt, number>
  readonly readsAt: ReadonlyMap<KillAt, number>
  readonly violations: readonly Violation[]
}

interface RanWorker {
  readonly ok: readonly { readonly key: string; readonly partitions: readonly string[] }[]
  readonly done: Extract<WorkerLine, { is: "done" }> | undefined
  readonly killed: boolean
}

/** How often the points were passed, and how long it took, when a run of a shape was left alone. */
export type KnownRuns = Map<Shape, { readonly passings: { readonly [point: string]: number }; readonly ms: number }>

/** One folder, a reader of it, and workers that die in it one after another. */
export class KillLane {
  readonly #programs: string
  readonly #storage: Storage
  readonly #random: () => number
  readonly #folder = mkdtempSync(join(tmpdir(), "assets-kills-"))
  readonly #generations = Object.fromEntries(shapeNames.map(name => [name, 1])) as { [shape in Shape]: number }
  readonly #violations: Violation[] = []
  readonly #kills = new Map<KillAt, number>()
  readonly #readsAt = new Map<KillAt, number>()
  readonly #known: KnownRuns
  #at: Violation["at"] = "setup"
  #reads = 0
  #worker: Program<WorkerLine> | undefined
  #reader: Program<ReaderLine> | undefined

  constructor(programs: string, storage: Storage, known: KnownRuns, random: () => number) {
    this.#programs = programs
    this.#storage = storage
    this.#known = known
    this.#random = random
    mkdirSync(join(this.#folder, "tmp"))
  }

  /** Kills as told, looks after each kill and after each run that follows. */
  async run(kills: readonly Kill[]): Promise<LaneResult> {
    try {
      await this.#setUp()
      for (const kill of kills) await this.#kill(kill)
      this.#at = "end"
      await this.#finish()
    } catch (error) {
      this.#violation(`the campaign cannot go on: ${error instanceof Error ? error.stack : error}`)
    } finally {
      this.#worker?.signal("SIGKILL")
      this.#reader?.signal("SIGKILL")
      await Promise.all([this.#worker?.ended, this.#reader?.ended])
    }
    if (this.#violations.length === 0) rmSync(this.#folder, { recursive: true, force: true })
    const { folder, reads, kills: hits, readsAt, violations } = this.#result()
    return { folder, reads, kills: hits, readsAt, violations }
  }

  #result(): LaneResult {
    return {
      folder: this.#folder,
      reads: this.#reads,
      kills: this.#kills,
      readsAt: this.#readsAt,
      violations: this.#violations,
    }
  }

  #violation(text: string): void {
    this.#violations.push({ at: this.#at, text })
  }

  async #setUp(): Promise<void> {
    await this.#makeAll()
    this.#reader = this.#start<ReaderLine>("reader.mjs")
    if (this.#known.size > 0) return
    for (const shape of shapeNames) {
      this.#generations[shape]++
      this.#known.set(shape, await this.#complete(shape))
    }
  }

  async #makeAll(): Promise<void> {
    const { done } = await this.#work({ select: ["*"] })
    if (done?.status !== "succeeded")
      throw new Error(`a run of all failed: ${done?.errors} ${this.#worker?.complaints}`)
  }

  async #kill({ at, shape }: Kill): Promise<void> {
    this.#at = at
    const before = this.#reads
    this.#generations[shape]++
    if (!(await this.#dieIn(shape, at))) {
      // A run that had to begin a step anew has passed points more often than this one.
      this.#generations[shape]++
      if (!(await this.#dieIn(shape, at, { isFirst: true }))) this.#violation(`${shape}: a run did not pass the point`)
    }
    // Now and then the next run dies, too, when it passes the point: it may find its work done.
    if (this.#random() < 0.15) await this.#dieIn(shape, at)
    await this.#complete(shape)
    await this.#expectCurrent([shape])
    this.#expectSettledLog()
    this.#readsAt.set(at, (this.#readsAt.get(at) ?? 0) + this.#reads - before)
  }

  /** Whether the process died where it was to die. */
  async #dieIn(shape: Shape, at: KillAt, { isFirst = false } = {}): Promise<boolean> {
    const { death, afterMs } = this.#deathOf(shape, at, isFirst)
    const ran = await this.#work({ shape, ...(death && { death }), ...(afterMs !== undefined && { afterMs }) })
    if (ran.killed) this.#kills.set(at, (this.#kills.get(at) ?? 0) + 1)
    await this.#expectOldOrNew(shape, ran)
    return ran.killed || afterMs !== undefined
  }

  #deathOf(shape: Shape, at: KillAt, isFirst: boolean): { readonly death?: Death; readonly afterMs?: number } {
    const soon = this.#random() ** 2
    if (at === "any moment") return { afterMs: this.#random() * (this.#known.get(shape)?.ms ?? 200) }
    const commit = this.#storage === "parquet-run" ? "io.published" : "io.pointer"
    const point = at === "amid a write" ? "io.write" : at === "amid a commit" ? commit : at
    const passing = isFirst ? 1 : 1 + Math.floor(this.#random() * (this.#known.get(shape)?.passings[point] ?? 1))
    if (at === "amid a write") return { death: { point, passing, tell: true }, afterMs: soon * 20 }
    if (at === "amid a commit") return { death: { point, passing, tell: true }, afterMs: soon * 5 }
    return { death: { point, passing } as Death } // all other names are those of points
  }

  /** Runs a shape as it should go: the run after a kill. */
  async #complete(
    shape: Shape,
  ): Promise<{ readonly passings: { readonly [point: string]: number }; readonly ms: number }> {
    const { done } = await this.#work({ shape })
    if (done?.status === "succeeded") return done
    this.#violation(`${shape}: the next run did not complete: ${done?.errors} ${this.#worker?.complaints ?? ""}`)
    return { passings: {}, ms: 200 }
  }

  async #work(request: {
    readonly shape?: Shape
    readonly select?: readonly string[]
    readonly death?: Death
    readonly afterMs?: number
  }): Promise<RanWorker> {
    const { shape, death, afterMs } = request
    this.#worker ??= this.#start<WorkerLine>("worker.mjs")
    const worker = this.#worker
    const select = request.select ?? (shape ? shapes[shape].keys : [])
    const parts = shape ? shapes[shape].parts : [""]
    const generations: Generations = this.#generations
    const partitions = parts.length > 1 ? { partitions: parts } : {}
    worker.send({ run: { generations, select, ...partitions, ...(death && { death }) } })
    const ok: { key: string; partitions: readonly string[] }[] = []
    const killLater = async () => {
      if (afterMs) await delay(afterMs)
      worker.signal("SIGKILL")
    }
    if (afterMs !== undefined && !death) void killLater()
    const stuck = setTimeout(() => {
      this.#violation(`${select} hangs for ${stuckMs / 1000} s`)
      worker.signal("SIGKILL")
    }, stuckMs)
    void worker.ended.finally(() => clearTimeout(stuck))
    for (;;) {
      const line = await worker.next()
      if (line?.is === "done") clearTimeout(stuck)
      if (line?.is === "ok") ok.push(line)
      if (line?.is === "at") void killLater()
      if (line?.is === "waiting") this.#expectLiving(line)
      if (line?.is === "done") return this.#ended(worker, { ok, done: line, killed: false }, afterMs !== undefined)
      if (!line) return this.#ended(worker, { ok, done: undefined, killed: true }, true)
    }
  }

  /** A worker that was shot at is gone, also when its run was through before. */
  async #ended(worker: Program<WorkerLine>, ran: RanWorker, isShotAt: boolean): Promise<RanWorker> {
    if (!isShotAt) return ran
    if (ran.done) worker.signal("SIGKILL")
    const { signal, code } = await worker.ended
    this.#worker = undefined
    if (signal !== "SIGKILL") throw new Error(`a worker ended with ${code ?? signal}: ${worker.complaints}`)
    return ran
  }

  #start<Line extends object>(name: string): Program<Line> {
    const env = { TMPDIR: join(this.#folder, "tmp") }
    return new Program<Line>(join(this.#programs, name), [this.#folder, this.#storage], env)
  }

  /** Who waits, waits for a living process: the reader, or for its own. */
  #expectLiving({ step, holder }: Extract<WorkerLine, { is: "waiting" }>): void {
    const pid = /(?:PID|process) (\d+)/.exec(holder)?.[1]
    if (pid === undefined || [this.#reader?.pid, this.#worker?.pid].includes(Number(pid))) return
    this.#violation(`${step} waits for ${holder}, which is dead`)
  }

  async #look(keys: readonly string[]): Promise<{ readonly [place: string]: number }> {
    const reader = this.#reader
    if (!reader) return {}
    reader.send({ look: { keys } })
    for (;;) {
      const line = await reader.next()
      if (!line) throw new Error(`the reader ended: ${reader.complaints}`)
      if (line.is === "violation") this.#violation(line.text)
      else {
        this.#reads = line.reads
        return line.generations
      }
    }
  }

  /** After a kill: what it wrote is of the generation before, or its own; what it has told of is its own. */
  async #expectOldOrNew(shape: Shape, ran: RanWorker): Promise<void> {
    const own = this.#generations[shape]
    const seen = await this.#look(shapes[shape].keys)
    const told = new Set(
      ran.ok.flatMap(({ key, partitions }) => (partitions.length ? partitions : [""]).map(one => `${key}|${one}`)),
    )
    for (const place of this.#places(shape)) {
      const generation = seen[place]
      if (generation !== own && (generation !== own - 1 || told.has(place))) {
        const before = told.has(place) ? "told of and " : ""
        this.#violation(`${place} was ${before}lost: generation ${own} was written, ${generation} is current`)
      }
    }
  }

  /** After a run that was left alone: everything is of the latest generation. */
  async #expectCurrent(wanted: readonly Shape[]): Promise<void> {
    const seen = await this.#look(wanted.flatMap(shape => shapes[shape].keys))
    for (const shape of wanted) {
      for (const place of this.#places(shape)) {
        const wanted = this.#generations[shape]
        if (seen[place] !== wanted)
          this.#violation(`${place}: generation ${wanted} is wanted, ${seen[place]} is current`)
      }
    }
  }

  #places(shape: Shape): string[] {
    return shapes[shape].keys.flatMap(key => shapes[shape].parts.map(part => `${key}|${part}`))
  }

  /** No run of the dead is told to go on, and nothing of theirs is held. */
  #expectSettledLog(): void {
    const db = new Database(join(this.#folder, "state", "assets.db"), { readonly: true })
    try {
      for (const table of ["leases", "reads", "runs where status = 'running'"]) {
        const { n } = db.prepare(`select count(*) as n from ${table}`).get() as { n: number }
        if (n > 0) this.#violation(`after a run that was left alone there are ${n} ${table}`)
      }
    } finally {
      db.close()
    }
  }

  /** Everybody ends; then the log says what the storage says, and nothing lies about that nothing refers to. */
  async #finish(): Promise<void> {
    await this.#expectCurrent(shapeNames)
    for (const shape of shapeNames) this.#generations[shape]++
    await this.#makeAll()
    this.#worker ??= this.#start<WorkerLine>("worker.mjs")
    this.#worker.send({ collect: { keys: ["made/base", ...allKeys] } })
    await this.#worker.next()
    const ends = [await this.#worker.end(), await this.#reader?.end()]
    if (ends.some(end => end?.code !== 0)) {
      this.#violation(`not ended well: ${this.#worker.complaints} ${this.#reader?.complaints}`)
    }
    for (let line = await this.#reader?.next(); line; line = await this.#reader?.next()) {
      if (line.is === "violation") this.#violation(line.text)
    }
    await this.#expectAgreement()
    for (const left of leftovers(this.#folder, this.#storage, ["made/base", ...allKeys])) {
      this.#violation(`left over: ${left}`)
    }
  }

  async #expectAgreement(): Promise<void> {
    const stored = new Map<string, string>()
    for (const { key, partition, id } of await new HandReader(this.#folder, this.#storage).read(allKeys)) {
      stored.set(`${key}|${partition ?? ""}`, id)
    }
    const db = new Database(join(this.#folder, "state", "assets.db"), { readonly: true })
    const sql = "select key, partition, materialization from latest where key <> 'made/base'"
    const told = db.prepare(sql).all() as { key: string; partition: string; materialization: string }[]
    db.close()
    if (told.length !== stored.size) this.#violation(`the log tells of ${told.length}, the storage of ${stored.size}`)
    for (const { key, partition, materialization } of told) {
      const id = stored.get(`${key}|${partition.slice(1)}`)
      if (id !== materialization)
        this.#violation(`${key}|${partition}: the log says ${materialization}, stored is ${id}`)
    }
  }
}
