import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Asset } from "@assets/core"
import { type BoundDataFrame, type Columns, type FileReader, openSession, parquetFiles, t } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import * as first from "../../examples/tpch/queries-1-11.ts"
import * as second from "../../examples/tpch/queries-12-22.ts"
import * as tables from "../../examples/tpch/tables.ts"
import { openByHand } from "../examples/tpch-data.ts"

const THREADS = 2

/** The file beside the tables that holds the text of the queries. */
export const textsFile = "queries.json"

export const queryNumbers: readonly number[] = Array.from({ length: 22 }, (_, i) => i + 1)

/** The queries in this process, on one of the two ways. */
export interface QuerySide {
  /** Plans and runs a query, and brings its rows into memory: as an Arrow table, or as the columns of DuckDB's client. */
  run(number: number): Promise<void>
  rows(number: number): Promise<unknown[][]>
  close(): Promise<void>
}

/** The DataFrames of the example on our engine, planned anew each time. */
export async function openOurs(folder: string): Promise<QuerySide> {
  const queries: { readonly [name: string]: Asset } = { ...first, ...second }
  const session = await openSession(duckdb({ threads: THREADS }))
  const frames = new Map<unknown, unknown>()
  for (const source of Object.values(tables)) {
    const reader = source.reader as unknown as FileReader<Columns> // made by parquetFiles()
    frames.set(source, session.read({ ...reader, paths: reader.paths.map(path => join(folder, path)) }))
  }
  const planned = (number: number): BoundDataFrame<Columns> => {
    const query = queries[`q${number}`]
    if (!query?.options.transform) throw new Error(`There is no query ${number}.`)
    const inputs = Object.fromEntries(Object.entries(query.deps).map(([name, source]) => [name, frames.get(source)]))
    // An asset's options have forgotten what the transform takes; what is made of bound frames is bound.
    return query.options.transform(inputs as never, {} as never) as BoundDataFrame<Columns>
  }
  await session.read(parquetFiles(join(folder, "region.parquet"), { r_name: t.string })).count()
  return {
    run: async number => void (await planned(number).collect()),
    rows: async number => {
      const rows: unknown[][] = []
      for await (const row of planned(number).rows()) rows.push(Object.values(row))
      return rows
    },
    close: () => session.close(),
  }
}

/** The text of the queries on DuckDB itself, over the same files. */
export async function openPeer(folder: string): Promise<QuerySide> {
  const texts: readonly string[] = JSON.parse(readFileSync(join(folder, textsFile), "utf8"))
  const peer = await openByHand(folder, THREADS)
  const text = (number: number) => texts[number - 1] ?? ""
  await peer.read("SELECT count(*) FROM region")
  return {
    run: async number => void (await peer.read(text(number))).getColumns(),
    rows: async number => (await peer.read(text(number))).getRowsJson(),
    close: async () => peer.close(),
  }
}
