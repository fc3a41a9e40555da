import { randomUUID } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { EngineError, startingWith } from "@assets/core"
import { type Schema, writeParquetFiles } from "@assets/dataframe"
import type { RecordBatch } from "apache-arrow"
import { readColumnar } from "./columnar-source.ts"
import type { SparkClient } from "./connect/client.ts"
import { readFiles, type SparkRelation, sql } from "./connect/relation.ts"
import { isLocal } from "./launch/spark-master.ts"
import { pathsOf } from "./source-part.ts"
import { columnDefinitions, emptySelect, quoteName } from "./spark-sql-text.ts"

/** Rows up to this many bytes pass through the server's memory: that is the quicker way. */
const inMemoryBytes = 8 * 1024 * 1024
/** Above this, rows that have to pass through the server's memory are warned of. */
const warnBytes = 1024 ** 3

const never = new AbortController().signal

/**
 * Rows that were made in this process, as views of a session. Many rows pass through Parquet in the run's scratch folder
 * when the server is seen to read it, and do not weigh on its memory.
 */
export class RowUploads {
  readonly #client: SparkClient
  readonly #scratch: string
  readonly #folders = new Map<string, string>()
  #readsScratch: Promise<boolean> | undefined
  #names = 0

  constructor(client: SparkClient, scratch: string) {
    this.#client = client
    this.#scratch = scratch
  }

  /** Gives the name of a view of the rows. No more than a few batches of them are in memory at a time. */
  async create(batches: AsyncIterable<RecordBatch>, schema: Schema): Promise<string> {
    const name = `upload_${++this.#names}`
    const rest = batches[Symbol.asyncIterator]()
    const first: RecordBatch[] = []
    let bytes = 0
    let next = await rest.next()
    for (; !next.done; next = await rest.next()) {
      first.push(next.value)
      bytes += next.value.data.byteLength
      if (bytes > inMemoryBytes) break
    }
    const rows = startingWith(first, rest)
    const isStaged = !next.done && (await this.#sharesScratch())
    await this.#client.createView(await (isStaged ? this.#stage(name, rows, schema) : this.#send(rows, schema)), name)
    return name
  }

  /** Gives the place of an upload back. */
  async drop(name: string): Promise<void> {
    await this.#client.sqlCommand(`DROP VIEW IF EXISTS ${quoteName(name)}`)
    await this.#remove(name)
  }

  /** Removes what the rows of the session have left on disk. */
  async close(): Promise<void> {
    for (const name of [...this.#folders.keys()]) await this.#remove(name)
  }

  async #remove(name: string): Promise<void> {
    const folder = this.#folders.get(name)
    this.#folders.delete(name)
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async #stage(name: string, rows: AsyncIterable<RecordBatch>, schema: Schema): Promise<SparkRelation> {
    const folder = await mkdtemp(join(this.#scratch, "upload-"))
    this.#folders.set(name, folder)
    try {
      const { files } = await writeParquetFiles(rows, schema, folder, { compression: "snappy", signal: never })
      const paths = files.map(file => join(folder, file.path))
      return readColumnar({ kind: "files", format: "parquet", paths, schema }, paths, columnDefinitions(schema))
    } catch (error) {
      await this.#remove(name)
      throw error
    }
  }

  async #send(rows: AsyncIterable<RecordBatch>, schema: Schema): Promise<SparkRelation> {
    const given = warned(rows)[Symbol.asyncIterator]()
    const first = await given.next()
    // No batch would be a stream without columns.
    if (first.done) return sql(emptySelect(schema))
    return this.#client.upload(startingWith([first.value], given), columnDefinitions(schema))
  }

  #sharesScratch(): Promise<boolean> {
    this.#readsScratch ??= this.#look()
    return this.#readsScratch
  }

  /** Whether every task of the server runs where the scratch folder is: executors may run on other machines. */
  async #look(): Promise<boolean> {
    const master = (await this.#client.configGet(["spark.master"])).get("spark.master")
    if (master === undefined || !isLocal(master)) return false
    const token = randomUUID()
    const path = join(this.#scratch, `token-${token}`)
    try {
      await writeFile(path, token)
      const file = readFiles({ format: "text", schema: "value STRING", paths: pathsOf([path]) })
      for await (const batch of this.#client.batches(file)) {
        if (batch.getChildAt(0)?.get(0) === token) return true
      }
      return false
    } catch (error) {
      if (error instanceof EngineError && error.code === "ENGINE_QUERY_FAILED") return false
      throw error
    } finally {
      await rm(path, { force: true })
    }
  }
}

async function* warned(rows: AsyncIterable<RecordBatch>): AsyncGenerator<RecordBatch> {
  let bytes = 0
  for await (const batch of rows) {
    const before = bytes
    bytes += batch.data.byteLength
    if (before <= warnBytes && bytes > warnBytes) {
      process.emitWarning(
        "More than 1 GiB of rows made in TypeScript passes through the memory of the Spark server, which does not see this machine's disk. Make them an asset in a store that both reach, or give the server room.",
        { code: "ASSETS_LARGE_UPLOAD" },
      )
    }
    yield batch
  }
}
