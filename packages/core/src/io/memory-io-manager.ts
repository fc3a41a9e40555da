import type { RecordBatch, Schema } from "../engine/engine.ts"
import { StorageError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"
import type { OutputValue, StoredValue } from "../value/value-type.ts"
import type { Current, InputContext, IOManager, Materialization, OutputContext, Written } from "./io-manager.ts"

/** What is kept of a value. Rows are kept as batches, so that they outlive the engine's session. */
type Kept =
  | { readonly kind: "batches"; readonly schema: Schema; readonly batches: readonly RecordBatch[] }
  | { readonly kind: "json"; readonly value: Json }
  | { readonly kind: "nothing" }

interface Stored {
  /** Partition (null for the whole) → what is current. */
  readonly current: Map<string | null, Materialization>
  /** Id of a materialization → its value: of the current ones, and of those that a running step reads. */
  readonly values: Map<string, Kept>
}

/** Keeps values in the memory of this process, as long as the manager itself is kept: for tests, and to read first. */
export function memoryIO(): IOManager {
  const assets = new Map<string, Stored>()
  return {
    name: "memory",
    async current(_context, keys) {
      const found = new Map<string, readonly Current[]>()
      for (const key of keys) {
        const current = [...(assets.get(key)?.current ?? [])]
        if (current.length === 0) continue
        found.set(
          key,
          current.map(([partition, materialization]) => ({ partition, materialization, intact: true })),
        )
      }
      return found
    },
    async handleOutput(context, value) {
      const { current, values } = assets.get(context.key) ?? { current: new Map(), values: new Map() }
      assets.set(context.key, { current, values })
      const former = values.get(current.get(context.partitions[0] ?? null)?.id ?? "")
      const kept = await keep(context, value, former)
      const materialization = await context.approve(await written(context, kept))
      values.set(materialization.id, kept)
      for (const key of context.partitions.length === 0 ? [null] : context.partitions) current.set(key, materialization)
      const wanted = new Set([...current.values()].map(({ id }) => id))
      const inUse = values.size > wanted.size ? context.inUse() : wanted
      for (const id of values.keys()) if (!wanted.has(id) && !inUse.has(id)) values.delete(id)
      return materialization
    },
    async loadInput(context) {
      if (context.materializations.length === 0 && context.schema) return empty(context, context.schema)
      return load(
        context,
        context.materializations.map(({ id }) => assets.get(context.key)?.values.get(id) ?? missing(context.key, id)),
      )
    },
    async locate(_context, materializations) {
      return materializations.map(({ id }) => `memory:${id}`)
    },
    async remove({ key }) {
      assets.delete(key)
    },
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
