import { join } from "node:path"
import { asset, type Definitions, definitions, json, staticPartitions } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { lit } from "@assets/dataframe/functions"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

/** Where the assets rest: in Parquet step by step, in Parquet by runs (`publish: "run"`), in a DuckDB file. */
export type Storage = "parquet" | "parquet-run" | "duckdb"
export const storages: readonly Storage[] = ["parquet", "parquet-run", "duckdb"]

/** Assets that are written in one way, and made together. What they hold follows from their generation alone. */
export type Shape = "chain" | "append" | "feed" | "merge" | "upsert" | "partitions" | "slices" | "note"

export type Generations = { readonly [shape in Shape]: number }

const parts = ["a", "b", "c"]

/** The assets of each shape; with the rows that each partition, or the whole (""), holds. */
export const shapes: {
  readonly [shape in Shape]: { readonly keys: readonly string[]; readonly parts: readonly string[] }
} = {
  chain: { keys: ["made/rows", "made/copy", "made/last"], parts: [""] },
  append: { keys: ["made/log"], parts: [""] },
  feed: { keys: ["made/feed"], parts: [""] },
  merge: { keys: ["made/merged"], parts: [""] },
  upsert: { keys: ["made/upserted"], parts: [""] },
  partitions: { keys: ["made/daily"], parts },
  slices: { keys: ["made/slices"], parts },
  note: { keys: ["made/note"], parts: [""] },
}
export const shapeNames = Object.keys(shapes) as Shape[]

export function shapeOf(key: string): Shape {
  const found = shapeNames.find(name => shapes[name].keys.includes(key))
  if (!found) throw new Error(`no shape has the asset ${key}`)
  return found
}

const BASE_ROWS = 1_000
const columns = { id: t.int64, generation: t.int32, part: t.string }
export type Columns = typeof columns

/** Rows that an overwrite of a generation stores. */
export const overwritten = (generation: number) => BASE_ROWS + 37 * (generation % 5)
/** Rows that a generation appends. */
export const appended = (generation: number) => 100 + (generation % 7)
/** The ids that a generation merges: half of them are those of the generation before. */
const merged = (generation: number) => ({ from: (generation * 70) % 800, rows: 140 })

/** How many rows of each generation an asset holds, and the sum of their ids, once a generation is current. */
export type Contents = ReadonlyMap<number, { readonly rows: number; readonly ids: number }>

export const upTo = (rows: number) => ({ rows, ids: (rows * (rows - 1)) / 2 })

export function contentsOf(shape: Shape, generation: number): Contents {
  const all = Array.from({ length: generation }, (_, i) => i + 1)
  switch (shape) {
    case "chain":
    case "partitions":
      return new Map([[generation, upTo(overwritten(generation))]])
    case "append":
    case "feed":
    case "slices":
      return new Map(all.map(one => [one, upTo(appended(one))]))
    case "merge":
    case "upsert": {
      const owners = new Map<number, number>()
      for (const one of all) {
        const { from, rows } = merged(one)
        for (let id = from; id < from + rows; id++) owners.set(id, one)
      }
      const contents = new Map<number, { rows: number; ids: number }>()
      for (const [id, owner] of owners) {
        const { rows, ids } = contents.get(owner) ?? { rows: 0, ids: 0 }
        contents.set(owner, { rows: rows + 1, ids: ids + id })
      }
      return contents
    }
    case "note":
      return new Map([[generation, { rows: 1, ids: 0 }]])
  }
}

export async function* rowsOf(generation: number, { from = 0, rows }: { from?: number; rows: number }, part = "") {
  for (let i = 0; i < rows; i++) {
    if (i % 200 === 0) await new Promise<void>(resolve => setImmediate(resolve))
    yield { id: BigInt(from + i), generation, part }
  }
}

/** The assets of all shapes; code and contents follow from the generations. */
export function shapedAssets(generations: Generations) {
  const returns = frame(columns)
  const partitions = staticPartitions(parts)
  const version = (shape: Shape) => `${generations[shape]}`
  const is = (shape: Shape) => lit(generations[shape]).cast(t.int32)
  const base = asset("made/base", {
    returns: frame({ id: t.int64 }),
    version: "1",
    compute: () => Array.from({ length: 2 * BASE_ROWS }, (_, id) => ({ id: BigInt(id) })),
  })
  const rows = asset("made/rows", {
    returns,
    version: version("chain"),
    compute: () => rowsOf(generations.chain, { rows: overwritten(generations.chain) }),
  })
  // Made of what it reads, so that half a read is seen in what is made of it.
  const copy = asset("made/copy", { deps: { rows }, returns, transform: ({ rows }) => rows.filter(f => f.id.geq(0)) })
  const last = asset("made/last", { deps: { copy }, returns, transform: ({ copy }) => copy.filter(f => f.id.geq(-1)) })
  const log = asset("made/log", {
    deps: { base },
    returns,
    write: "append",
    transform: ({ base }) =>
      base
        .filter(f => f.id.lt(appended(generations.append)))
        .select(f => ({ id: f.id, generation: is("append"), part: lit("") })),
  })
  const feed = asset("made/feed", {
    returns,
    version: version("feed"),
    write: "append",
    compute: () => rowsOf(generations.feed, { rows: appended(generations.feed) }),
  })
  const { from, rows: count } = merged(generations.merge)
  const mergedRows = asset("made/merged", {
    deps: { base },
    returns,
    write: { merge: ["id"] },
    transform: ({ base }) =>
      base
        .filter(f => f.id.geq(from).and(f.id.lt(from + count)))
        .select(f => ({ id: f.id, generation: is("merge"), part: lit("") })),
  })
  const upserted = asset("made/upserted", {
    returns,
    version: version("upsert"),
    write: { merge: ["id"] },
    compute: () => rowsOf(generations.upsert, merged(generations.upsert)),
  })
  const daily = asset("made/daily", {
    deps: { base },
    returns,
    partitions,
    transform: ({ base }, { partition }) =>
      base
        .filter(f => f.id.lt(overwritten(generations.partitions)))
        .select(f => ({ id: f.id, generation: is("partitions"), part: partition.key })),
  })
  const slices = asset("made/slices", {
    returns,
    partitions,
    version: version("slices"),
    write: "append",
    compute: (_, { partition }) => rowsOf(generations.slices, { rows: appended(generations.slices) }, partition.key),
  })
  const note = asset("made/note", {
    returns: json<{ generation: number }>(),
    version: version("note"),
    compute: () => ({ generation: generations.note }),
  })
  return { base, rows, copy, last, log, feed, merged: mergedRows, upserted, daily, slices, note }
}

export function storageOf(folder: string, storage: Storage) {
  return storage === "duckdb"
    ? duckdbFileIO({ path: join(folder, "w.duckdb"), waitMs: Number(process.env.WAIT_MS ?? 60_000) })
    : parquetIO({ root: join(folder, "data") })
}

/** The project of a folder, with all shapes in one environment. */
export function shapedProject(folder: string, storage: Storage, generations: Generations): Definitions {
  return definitions({
    assets: shapedAssets(generations),
    environments: {
      test: {
        engine: duckdb({ threads: 1 }),
        io: storageOf(folder, storage),
        ...(storage === "parquet-run" && { publish: "run" }),
      },
    },
    defaultEnvironment: "test",
    base: folder,
    state: { path: join(folder, "state") },
  })
}
