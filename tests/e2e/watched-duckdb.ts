import { readFileSync, statSync } from "node:fs"
import type { Engine } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"

/** One read of a part of a file. */
export interface Read {
  readonly path: string
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** DuckDB with its own log of file reads switched on, and without a cache that would hide a second read of the same bytes. */
export class WatchedDuckdb {
  readonly engine: Engine
  readonly #closed: Read[] = []
  readonly #open = new Set<DuckDBConnection>()

  constructor() {
    const plain = duckdb({ threads: 2 })
    this.engine = {
      ...plain,
      open: async context => {
        const session = await plain.open(context)
        const { instance } = session as unknown as { readonly instance: DuckDBInstance } // a DuckdbSession
        const log = await instance.connect()
        await log.run("SET GLOBAL enable_external_file_cache = false")
        await log.run("CALL enable_logging('FileSystem', level = 'trace')")
        this.#open.add(log)
        const close = session.close.bind(session)
        session.close = async () => {
          this.#closed.push(...(await readsOf(log)))
          this.#open.delete(log)
          log.closeSync()
          await close()
        }
        return session
      },
    }
  }

  /** The reads since the last look. */
  async reads(): Promise<readonly Read[]> {
    const found = this.#closed.splice(0)
    for (const log of this.#open) {
      found.push(...(await readsOf(log)))
      await log.run("CALL truncate_duckdb_logs()")
    }
    return found
  }
}

async function readsOf(log: DuckDBConnection): Promise<Read[]> {
  const result = await log.run("SELECT message FROM duckdb_logs WHERE type = 'FileSystem'")
  return (await result.getRowsJson()).flatMap(([message]) => {
    const entry = JSON.parse(String(message)) as { op: string; path: string; pos?: string; bytes?: string }
    if (entry.op !== "READ") return []
    const from = Number(entry.pos)
    return [{ path: entry.path, from, to: from + Number(entry.bytes) }]
  })
}

/** DuckDB looks how long a page is before it reads it, and so behind the end of a short one. */
const isLook = ({ from, to }: Read) => to - from <= 256

/** A column's part of a row group. */
interface Chunk extends Read {
  readonly group: number
  readonly column: string
}

/** Where the columns and row groups of a Parquet file lie in it. */
export class ParquetMap {
  readonly path: string
  readonly #chunks: readonly Chunk[]
  /** Where the footer begins, which every reader reads. */
  readonly #footer: number

  constructor(path: string, chunks: readonly Chunk[]) {
    this.path = path
    this.#chunks = chunks
    const bytes = readFileSync(path)
    this.#footer = statSync(path).size - 8 - bytes.readUInt32LE(bytes.length - 8)
  }

  static async of(path: string): Promise<ParquetMap> {
    const instance = await DuckDBInstance.create(":memory:")
    const connection = await instance.connect()
    const result = await connection.run(
      `SELECT row_group_id, path_in_schema, coalesce(least(dictionary_page_offset, data_page_offset), data_page_offset),
         total_compressed_size FROM parquet_metadata('${path}')`,
    )
    const chunks = (await result.getRowsJson()).map(([group, column, offset, size]) => {
      const from = Number(offset)
      return { path, group: Number(group), column: String(column), from, to: from + Number(size) }
    })
    instance.closeSync()
    return new ParquetMap(path, chunks)
  }

  get groups(): number {
    return new Set(this.#chunks.map(({ group }) => group)).size
  }

  /** The columns that were read, and the row groups. */
  touched(reads: readonly Read[]): { readonly columns: readonly string[]; readonly groups: readonly number[] } {
    const own = this.#dataReads(reads).map(read => (isLook(read) ? { ...read, to: read.from + 1 } : read))
    const touched = this.#chunks.filter(chunk => own.some(read => read.from < chunk.to && chunk.from < read.to))
    const distinct = <T>(values: readonly T[]) => [...new Set(values)]
    return {
      columns: distinct(touched.map(({ column }) => column)).sort(),
      groups: distinct(touched.map(({ group }) => group)).sort((a, b) => a - b),
    }
  }

  /** Whether some of the data was read more than once. */
  isReadTwice(reads: readonly Read[]): boolean {
    const own = this.#dataReads(reads)
      .filter(read => !isLook(read))
      .toSorted((a, b) => a.from - b.from)
    return own.some((read, i) => read.from < (own[i - 1]?.to ?? 0))
  }

  #dataReads(reads: readonly Read[]): readonly Read[] {
    return reads.filter(read => read.path === this.path && read.from < this.#footer)
  }
}
