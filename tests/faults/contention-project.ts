import { join } from "node:path"
import { asset, type Definitions, definitions, staticPartitions } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { lit } from "@assets/dataframe/functions"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { appended, type Columns, overwritten, rowsOf } from "./shapes.ts"

const columns: Columns = { id: t.int64, generation: t.int32, part: t.string }
const parts = ["a", "b"]
/** The sets of assets: one in Parquet files, one in a DuckDB file. */
export const sets = ["lake", "file"] as const

/** What a writer asks for; they overlap. */
export const selections = [
  ["*"],
  ["lake/rows+"],
  ["file/rows+"],
  ["+lake/last", "+file/last"],
  ["lake/log", "file/log"],
  ["lake/daily", "file/daily"],
  ["file/copy+", "lake/log"],
] as const

export const appendedKeys = sets.map(set => `${set}/log`)
export const keys = sets.flatMap(set => ["rows", "copy", "last", "log", "daily"].map(name => `${set}/${name}`))

function assetsOf(set: string, generation: number) {
  const returns = frame(columns)
  const is = lit(generation).cast(t.int32)
  const io = set === "file" ? { io: "file" } : {}
  const base = asset(`${set}/base`, {
    ...io,
    returns: frame({ id: t.int64 }),
    version: "1",
    compute: () => Array.from({ length: 2_000 }, (_, id) => ({ id: BigInt(id) })),
  })
  const rows = asset(`${set}/rows`, {
    ...io,
    returns,
    version: `${generation}`,
    compute: () => rowsOf(generation, { rows: overwritten(generation) }),
  })
  const copy = asset(`${set}/copy`, {
    ...io,
    deps: { rows },
    returns,
    transform: ({ rows }) => rows.filter(f => f.id.geq(0)),
  })
  const last = asset(`${set}/last`, {
    ...io,
    deps: { copy },
    returns,
    transform: ({ copy }) => copy.filter(f => f.id.geq(-1)),
  })
  const log = asset(`${set}/log`, {
    ...io,
    deps: { base },
    returns,
    write: "append",
    transform: ({ base }) =>
      base.filter(f => f.id.lt(appended(generation))).select(f => ({ id: f.id, generation: is, part: lit("") })),
  })
  const daily = asset(`${set}/daily`, {
    ...io,
    deps: { base },
    returns,
    partitions: staticPartitions(parts),
    transform: ({ base }, { partition }) =>
      base
        .filter(f => f.id.lt(overwritten(generation)))
        .select(f => ({ id: f.id, generation: is, part: partition.key })),
  })
  return { base, rows, copy, last, log, daily }
}

export const lakeOf = (folder: string) => parquetIO({ root: join(folder, "data") })

/** One project with both sets: one event log, one Parquet root, one DuckDB file. */
export function contentionProject(folder: string, generation: number): Definitions {
  return definitions({
    assets: sets.map(set => assetsOf(set, generation)),
    environments: {
      test: {
        engine: duckdb({ threads: 1 }),
        io: lakeOf(folder),
        ios: { file: duckdbFileIO({ path: join(folder, "w.duckdb") }) },
      },
    },
    defaultEnvironment: "test",
    base: folder,
    state: { path: join(folder, "state") },
  })
}
