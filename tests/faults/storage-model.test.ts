import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Current,
  type EngineSession,
  type IOManager,
  type Materialization,
  type OutputContext,
  type OutputValue,
  type RecordBatch,
  StorageError,
} from "@assets/core"
import { ioContext, memoryIO, nextWriteId, outputContext, setFaultHook } from "@assets/core/testing"
import { arrowTypeOf, type Relation, type Schema } from "@assets/dataframe"
import { parquetIO } from "@assets/io-parquet"
import {
  RecordBatch as ArrowBatch,
  Schema as ArrowSchema,
  Field,
  makeData,
  Struct,
  tableFromIPC,
  vectorFromArray,
} from "apache-arrow"
import fc from "fast-check"
import { readParquet } from "parquet-wasm"
import { expect, test } from "vitest"

const key = "marts/model"
const partitions = ["a", "b"] as const
const schema: Schema = { columns: [{ name: "n", type: { kind: "int64" } }] }

type Partition = (typeof partitions)[number]
type Death = "approve" | "lease" | "io.write" | "io.marker" | "io.pointer"

/** Something that is done to the storage. A fingerprint stands for the work that makes the rows. */
type Action =
  | { readonly do: "write"; readonly at: Partition; readonly work: string; readonly append: boolean }
  | {
      readonly do: "fail"
      readonly at: Partition
      readonly work: string
      readonly append: boolean
      readonly death: Death
    }
  | { readonly do: "overtaken"; readonly at: Partition; readonly work: string; readonly append: boolean }
  | { readonly do: "stage"; readonly at: Partition; readonly work: string; readonly append: boolean }
  | { readonly do: "orphan"; readonly at: Partition; readonly work: string }
  | { readonly do: "restore"; readonly at: Partition; readonly work: string; readonly staged: boolean }
  | { readonly do: "publish"; readonly isRefused: boolean }
  | { readonly do: "collect" }
  | { readonly do: "reopen" }

const at = fc.constantFrom(...partitions)
const work = fc.constantFrom("w1", "w2", "w3")
const append = fc.boolean()
const death = fc.constantFrom<Death>("approve", "lease", "io.write", "io.marker", "io.pointer")
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("write"), at, work, append }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("fail"), at, work, append, death }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("overtaken"), at, work, append }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("stage"), at, work, append }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("orphan"), at, work }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("restore"), at, work, staged: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("publish"), isRefused: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("collect") }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen") }) },
  ) as fc.Arbitrary<Action>, // each record is one of the union
  { maxLength: 14 },
)

/** What a version holds, as whoever wrote it knows. */
interface Held {
  readonly id: string
  readonly at: Partition
  readonly work: string
  readonly rows: readonly number[]
  readonly applied: ReadonlySet<string>
}

interface Staged {
  readonly held: Held
  readonly record: Materialization
  /** Id of what was current when it was staged. */
  readonly former: string | null
}

/** A storage, and beside it what must be in it. */
class Model {
  readonly #base: string
  readonly #open: () => IOManager
  #io: IOManager
  #count = 0
  readonly #versions = new Map<string, Held>()
  readonly #current = new Map<Partition, Held>()
  #staged: Staged[] = []

  constructor(base: string, open: () => IOManager) {
    this.#base = base
    this.#open = open
    this.#io = open()
  }

  async take(action: Action): Promise<void> {
    switch (action.do) {
      case "write":
        return this.#write(action)
      case "fail":
        return this.#fail(action)
      case "overtaken":
        return this.#overtaken(action)
      case "stage":
        return this.#stage(action)
      case "orphan":
        return this.#orphan(action)
      case "restore":
        return this.#restore(action)
      case "publish":
        return this.#publish(action.isRefused)
      case "collect":
        await this.#io.collect?.({ ...ioContext(this.#base), dryRun: false, inUse: this.#inUse }, [key])
        return
      case "reopen":
        await this.close()
        this.#io = this.#open()
    }
  }

  /** Compares the storage with what must be in it. */
  async confirm(): Promise<void> {
    const found = (await this.#io.current(ioContext(this.#base), [key])).get(key) ?? []
    const ids = (of: Iterable<readonly [string, string]>) => [...of].toSorted()
    expect(ids(found.map(one => [one.partition ?? "", one.materialization.id] as const))).toEqual(
      ids([...this.#current].map(([partition, { id }]) => [partition, id] as const)),
    )
    for (const one of found) await this.#confirmOne(one, this.#current.get(one.partition as Partition) as Held)
    for (const { held, record } of this.#staged) expect(await this.#read(record, held.at)).toEqual(held.rows)
  }

  async close(): Promise<void> {
    await this.#io.close?.()
  }

  async #confirmOne({ intact, applied = new Set(), materialization }: Current, held: Held): Promise<void> {
    expect(intact).toBe(true)
    expect([...applied].toSorted()).toEqual([...held.applied].toSorted())
    expect(await this.#read(materialization, held.at)).toEqual(held.rows)
  }

  async #write({ at, work, append }: Extract<Action, { do: "write" }>): Promise<void> {
    const made = this.#make(at, work, append)
    const record = await this.#io.handleOutput(this.#context(made, append), rowOf(made))
    const former = this.#current.get(at)
    const isApplied = append && former?.applied.has(work) === true
    expect(record.id).toBe(isApplied ? former?.id : made.id)
    if (!isApplied) this.#becomes(made)
  }

  async #fail({ at, work, append, death }: Extract<Action, { do: "fail" }>): Promise<void> {
    if (append && this.#current.get(at)?.applied.has(work)) return // nothing is written then
    const made = this.#make(at, work, append)
    const refuse = () => {
      throw new StorageError("LEASE_LOST", { what: "lost", why: "a test", fix: "none" })
    }
    const request = { ...(death === "approve" && { onApprove: refuse }), ...(death === "lease" && { commit: refuse }) }
    let isPassed = false
    const takeBack = setFaultHook(point => {
      if (point !== death) return
      isPassed = true
      throw new Error(`a fault at ${point}`)
    })
    const written = this.#io.handleOutput(this.#context(made, append, request), rowOf(made))
    const failed = await written.then(
      () => false,
      () => true,
    )
    takeBack()
    expect(failed).toBe(isPassed || death === "approve" || death === "lease")
    if (!failed) this.#becomes(made) // memory passes no such point
  }

  /** Another writer, whom no lease holds off, is first. */
  async #overtaken({ at, work, append }: Extract<Action, { do: "overtaken" }>): Promise<void> {
    if (append && this.#current.get(at)?.applied.has(work)) return
    const made = this.#make(at, work, append)
    const onApprove = () => this.#write({ do: "write", at, work: "other", append: false })
    const context = this.#context(made, append, { onApprove })
    const error = await this.#io.handleOutput(context, rowOf(made)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error) expect(error).toMatchObject({ code: "STORAGE_CONFLICT" })
    else {
      expect(append).toBe(false) // rows are never added to others than those that were looked at
      this.#becomes(made)
    }
  }

  async #stage({ at, work, append }: Extract<Action, { do: "stage" }>): Promise<void> {
    if (append && this.#current.get(at)?.applied.has(work)) return
    const made = this.#make(at, work, append)
    const record = await this.#io.handleOutput(this.#context(made, append, { staged: true }), rowOf(made))
    expect(record.id).toBe(made.id)
    this.#staged.push({ held: made, record, former: this.#current.get(at)?.id ?? null })
  }

  /** A version whose writer has died before it became current. */
  async #orphan({ at, work }: Extract<Action, { do: "orphan" }>): Promise<void> {
    if (!this.#io.restore) return
    const made = this.#make(at, work, false)
    await this.#io.handleOutput(this.#context(made, false, { staged: true }), rowOf(made))
    const folder = join(this.#base, "data", key, "_writing")
    for (const mark of readdirSync(folder).filter(name => name.startsWith(made.id))) {
      renameSync(join(folder, mark), join(folder, mark.replace(`,${process.pid},`, ",4194303,")))
    }
  }

  async #restore({ at, work, staged }: Extract<Action, { do: "restore" }>): Promise<void> {
    const context = { ...this.#context(this.#make(at, work, false), false), ...(staged && { staged }) }
    const record = await this.#io.restore?.(context, work)
    if (!record) return
    const held = this.#versions.get(record.id)
    expect(held).toMatchObject({ at, work })
    if (!held) return
    if (!staged) this.#becomes(held)
    else if (held.id !== this.#current.get(at)?.id) {
      this.#staged = this.#staged.filter(one => one.held.id !== held.id)
      this.#staged.push({ held, record, former: this.#current.get(at)?.id ?? null })
    }
  }

  /** Publishes the last that was staged of each partition; all of them, or none. */
  async #publish(isRefused: boolean): Promise<void> {
    const last = [...new Map(this.#staged.map(one => [one.held.at, one])).values()]
    const publications = last.map(({ held, record, former }) => {
      return { key, partition: held.at, materialization: record, former }
    })
    const refuse = (): never => {
      throw new StorageError("LEASE_LOST", { what: "lost", why: "a test", fix: "none" })
    }
    const commit = isRefused ? refuse : <T>(change: () => T) => change()
    const isMoved = last.some(({ held, former }) => (this.#current.get(held.at)?.id ?? null) !== former)
    const published = await this.#io
      .publish?.({ ...ioContext(this.#base), commit, inUse: this.#inUse }, publications)
      .then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: isRefused ? "LEASE_LOST" : "STORAGE_CONFLICT" })
          return false
        },
      )
    if (last.length > 0) expect(published).toBe(!isRefused && !isMoved)
    if (published) for (const { held } of last) this.#becomes(held)
    this.#staged = []
  }

  #make(at: Partition, work: string, append: boolean): Held {
    const n = ++this.#count
    const former = append ? this.#current.get(at) : undefined
    const applied = append ? new Set([...(former?.applied ?? []), work]) : new Set<string>()
    const held = { id: nextWriteId(), at, work, rows: [...(former?.rows ?? []), n], applied }
    this.#versions.set(held.id, held)
    return held
  }

  #becomes(held: Held): void {
    this.#current.set(held.at, held)
  }

  #context({ id, at, work }: Held, append: boolean, more: object = {}): OutputContext {
    const write = append ? ("append" as const) : ("overwrite" as const)
    const context = outputContext({
      base: this.#base,
      session,
      key,
      id,
      partitions: [at],
      fingerprint: work,
      write,
      ...more,
    })
    return { ...context, inUse: this.#inUse }
  }

  readonly #inUse = () => new Set(this.#staged.map(({ held }) => held.id))

  async #read(record: Materialization, partition: string): Promise<number[]> {
    const context = {
      ...ioContext(this.#base),
      key,
      materializations: [record],
      partitions: [partition],
      schema,
      session,
    }
    const stored = await this.#io.loadInput(context)
    if (stored.kind !== "relation") throw new Error(`${stored.kind} is no table`)
    const relation = stored.relation as Relation | { readonly kind: "rows"; readonly rows: readonly number[] }
    if (relation.kind === "rows") return [...relation.rows]
    if (relation.kind !== "files") throw new Error(`a ${relation.kind} was stored`)
    return relation.paths.flatMap(path => {
      const table = tableFromIPC(readParquet(readFileSync(path)).intoIPCStream())
      return [...(table.getChild("n") ?? [])].map(Number)
    })
  }
}

/** An engine that can do no more than take batches in. */
const session = async () =>
  ({
    dialect: "duckdb",
    upload: async (batches: AsyncIterable<RecordBatch>) => {
      const rows: number[] = []
      for await (const batch of batches) rows.push(...[...((batch as ArrowBatch).getChild("n") ?? [])].map(Number))
      return { kind: "rows", rows }
    },
  }) as unknown as EngineSession // memory asks for no more of it, and Parquet for nothing

function rowOf({ rows }: Held): OutputValue {
  const [n = 0] = rows.slice(-1)
  return {
    kind: "batches",
    schema,
    async *batches() {
      const field = new Field("n", arrowTypeOf({ kind: "int64" }), true)
      const fields = [field]
      const [child] = vectorFromArray([BigInt(n)], field.type).data
      if (!child) throw new Error("a vector without data")
      const data = makeData({ type: new Struct(fields), length: 1, nullCount: 0, children: [child] })
      yield new ArrowBatch(new ArrowSchema(fields), data)
    },
  }
}

async function follow(open: () => IOManager, taken: readonly Action[]): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "assets-model-"))
  const model = new Model(base, open)
  try {
    for (const action of taken) {
      await model.take(action)
      await model.confirm()
    }
  } finally {
    await model.close()
    rmSync(base, { recursive: true, force: true })
  }
}

test("memory holds what must be current, whatever was done to it", async () => {
  const property = fc.asyncProperty(actions, async taken => {
    const io = memoryIO()
    await follow(() => io, taken)
  })
  await fc.assert(property, { numRuns: 150, seed: 1 })
})

test.each([1, 2])("Parquet that keeps %i versions holds what must be current, whatever was done to it", async keep => {
  const property = fc.asyncProperty(actions, taken => follow(() => parquetIO({ root: "data", keep }), taken))
  await fc.assert(property, { numRuns: 40, seed: keep, interruptAfterTimeLimit: 8_000 })
})
