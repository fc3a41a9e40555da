import type { RecordBatch, Schema } from "../engine/engine.ts"
import { StorageError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"
import type { OutputValue, StoredValue } from "../value/value-type.ts"
import { isApplied } from "./applied-work.ts"
import type { Current, InputContext, IOManager, Materialization, OutputContext, Written } from "./io-manager.ts"

/** What is kept of a value. Rows are kept as batches, so that they outlive the engine's session. */
type Kept =
  | { readonly kind: "batches"; readonly schema: Schema; readonly batches: readonly RecordBatch[] }
  | { readonly kind: "json"; readonly value: Json }
  | { readonly kind: "nothing" }

/** What is current for a partition, and the fingerprints of what was added to it. */
interface Held {
  readonly materialization: Materialization
  readonly applied: ReadonlySet<string>
}

interface Stored {
  /** Partition (null for the whole) → what is current. */
  readonly current: Map<string | null, Held>
  /** Id → a version that is complete and was not published yet. */
  readonly staged: Map<string, Held>
  /** Id of a materialization → its value: of the current and the staged ones, and of those that a running step reads. */
  readonly values: Map<string, Kept>
  /** Id → of how many partitions it is current. */
  readonly uses: Map<string, number>
  /** Ids of values that are kept for who reads them, and no longer. */
  readonly former: Set<string>
}

/** Keeps values in the memory of this process, as long as the manager itself is kept: for tests, and to read first. */
export function memoryIO(): IOManager {
  const assets = new Map<string, Stored>()
  const storedOf = (key: string): Stored => {
    const known = assets.get(key)
    if (known) return known
    const made = {
      current: new Map(),
      staged: new Map(),
      values: new Map(),
      uses: new Map(),
      former: new Set<string>(),
    }
    assets.set(key, made)
    return made
  }
  return {
    name: "memory",
    async current(_context, keys, partitions) {
      const found = new Map<string, readonly Current[]>()
      for (const key of keys) {
        const held = assets.get(key)?.current ?? new Map<string | null, Held>()
        const current = [...(partitions ?? held.keys())].flatMap(partition => {
          const one = held.get(partition)
          return one ? [currentOf(partition, one)] : []
        })
        if (current.length > 0) found.set(key, current)
      }
      return found
    },
    async handleOutput(context, value) {
      const stored = storedOf(context.key)
      const former = stored.current.get(context.partitions[0] ?? null)
      if (former && isApplied(context, former.applied)) return former.materialization
      const kept = await keep(context, value, former && stored.values.get(former.materialization.id))
      const materialization = await context.approve(await written(context, kept))
      return context.commit(() => {
        const now = stored.current.get(context.partitions[0] ?? null)
        if (now && isApplied(context, now.applied)) return now.materialization
        if (context.write !== "overwrite" && now !== former) throw conflict(context.key)
        stored.values.set(materialization.id, kept)
        const applied =
          context.write === "overwrite" ? (context.applied ?? []) : [...(former?.applied ?? []), context.fingerprint]
        const held = { materialization, applied: new Set(applied) }
        for (const partition of context.partitions.length === 0 ? [null] : context.partitions) {
          forgetStaged(stored, partition, context)
          if (!context.staged) makeCurrent(stored, partition, held)
        }
        if (context.staged) stored.staged.set(materialization.id, held)
        forget(stored, context)
        return materialization
      })
    },
    async loadInput(context) {
      if (context.materializations.length === 0 && context.schema) return empty(context, context.schema)
      const kept = context.materializations.map(
        ({ id }) => assets.get(context.key)?.values.get(id) ?? missing(context.key, id),
      )
      return jsonByPartition(context, kept) ?? load(context, kept)
    },
    async publish(context, publications) {
      context.commit(() => {
        const moves = publications.map(({ key, partition, former, materialization }) => {
          const stored = storedOf(key)
          if ((stored.current.get(partition)?.materialization.id ?? null) !== former) throw conflict(key)
          return { stored, partition, held: stored.staged.get(materialization.id) ?? missing(key, materialization.id) }
        })
        for (const { stored, partition, held } of moves) makeCurrent(stored, partition, held)
        for (const { stored, partition, held } of moves) {
          stored.staged.delete(held.materialization.id)
          forgetStaged(stored, partition, context)
        }
        for (const key of new Set(publications.map(one => one.key))) forget(storedOf(key), context)
      })
    },
    async locate(_context, materializations) {
      return materializations.map(({ id }) => `memory:${id}`)
    },
    async remove({ key }) {
      assets.delete(key)
    },
  }
}

function currentOf(partition: string | null, { materialization, applied }: Held): Current {
  return { partition, materialization, intact: true, ...(applied.size > 0 && { applied }) }
}

function makeCurrent({ current, uses, former }: Stored, partition: string | null, held: Held): void {
  const before = current.get(partition)?.materialization.id
  if (before !== undefined) {
    const left = (uses.get(before) ?? 1) - 1
    if (left > 0) uses.set(before, left)
    else {
      uses.delete(before)
      former.add(before)
    }
  }
  const { id } = held.materialization
  current.set(partition, held)
  uses.set(id, (uses.get(id) ?? 0) + 1)
}

/** Lets go of what was staged of a partition, by this run or by one that did not get as far. */
function forgetStaged(
  { staged, former }: Stored,
  partition: string | null,
  context: Pick<OutputContext, "inUse">,
): void {
  const inUse = staged.size > 0 ? context.inUse() : new Set<string>()
  for (const [id, { materialization }] of staged) {
    if ((materialization.partitions[0] ?? null) !== partition || inUse.has(id)) continue
    staged.delete(id)
    former.add(id)
  }
}

/** Lets go of the values that are neither current nor staged nor read. */
function forget({ uses, staged, values, former }: Stored, context: Pick<OutputContext, "inUse">): void {
  if (former.size === 0) return
  const inUse = context.inUse()
  for (const id of former) {
    if (inUse.has(id)) continue
    former.delete(id)
    if (!uses.has(id) && !staged.has(id)) values.delete(id)
  }
}

async function keep(context: OutputContext, value: OutputValue, former: Kept | undefined): Promise<Kept> {
  if (value.kind === "json" || value.kind === "nothing") return value
  const { schema } = value
  const before = context.write !== "overwrite" && former?.kind === "batches" ? former.batches : []
  if (before.length > 0 && context.merge) {
    const session = await context.session()
    const upload = async (batches: AsyncIterable<RecordBatch>) => session.upload(batches, schema)
    const added = value.kind === "relation" ? value.relation : await upload(value.batches())
    const merged = context.merge(await upload(each(before)), added)
    return { kind: "batches", schema, batches: await collect(context, session.batches(merged, context.signal)) }
  }
  const stream =
    value.kind === "batches" ? value.batches() : (await context.session()).batches(value.relation, context.signal)
  return { kind: "batches", schema, batches: [...before, ...(await collect(context, stream))] }
}

async function collect({ signal }: OutputContext, stream: AsyncIterable<RecordBatch>): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for await (const batch of stream) {
    signal.throwIfAborted()
    batches.push(batch)
  }
  return batches
}

async function* each(batches: readonly RecordBatch[]): AsyncGenerator<RecordBatch> {
  yield* batches
}

async function written(context: OutputContext, kept: Kept): Promise<Written> {
  const stored = await load(context, [kept])
  if (kept.kind !== "batches") return { stored }
  const rows = kept.batches.reduce((sum, batch) => sum + batch.numRows, 0)
  return { stored, result: { rows, bytes: 0, files: [], columns: [] } }
}

/** Gives rows to the engine; those of several partitions as one. */
async function load(context: InputContext | OutputContext, kept: readonly Kept[]): Promise<StoredValue> {
  const [first] = kept
  if (!first) throw new Error("a value was asked for without naming a materialization; please report this")
  if (first.kind !== "batches") return first
  const session = await context.session()
  const relation = await session.upload(flatten(kept), first.schema)
  return { kind: "relation", relation, schema: first.schema }
}

/** JSON values of several partitions, by their keys. */
function jsonByPartition(
  { materializations, partitions }: InputContext,
  kept: readonly Kept[],
): StoredValue | undefined {
  if (partitions.length < 2 || kept[0]?.kind !== "json") return undefined
  const wanted = new Set(partitions)
  const entries = materializations.flatMap((materialization, i) => {
    const one = kept[i]
    const value = one?.kind === "json" ? one.value : null
    return materialization.partitions.filter(key => wanted.has(key)).map(key => [key, value] as const)
  })
  return { kind: "json", value: Object.fromEntries(entries) }
}

async function empty(context: InputContext, schema: Schema): Promise<StoredValue> {
  return { kind: "relation", relation: await (await context.session()).upload(flatten([]), schema), schema }
}

async function* flatten(kept: readonly Kept[]): AsyncGenerator<RecordBatch> {
  for (const value of kept) if (value.kind === "batches") yield* value.batches
}

function missing(key: string, id: string): never {
  throw new StorageError("STORAGE_DATA_MISSING", {
    what: `The materialization ${id} of '${key}' is not in memory.`,
    why: "Memory keeps what is current, and what a running step reads.",
    fix: "Read what is current; or use an IO manager that keeps former versions.",
    details: { key, id },
  })
}

function conflict(key: string): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `Something else has become current of '${key}' meanwhile.`,
    why: "Another writer was first; what it stored stays current.",
    fix: "Run again: what is current then is what is compared.",
    details: { key },
  })
}
