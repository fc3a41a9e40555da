import { randomUUID } from "node:crypto"
import { stat } from "node:fs/promises"
import { isBucketUrl, objectStoreAt } from "@assets/core"
import { bottomUp, type Relation, type SparkLeaf } from "@assets/dataframe"
import { columnarParts, readColumnar } from "./columnar-source.ts"
import type { SparkClient } from "./connect/client.ts"
import { sql } from "./connect/relation.ts"
import { csvParts } from "./csv-source.ts"
import { tableParts } from "./delta-source.ts"
import { jsonParts } from "./json-source.ts"
import { commitName } from "./log-table/table-log.ts"
import type { OrcZone } from "./orc/orc-zone.ts"
import type { Files, SourcePart } from "./source-part.ts"
import { columnDefinitions, emptySelect, quoteName } from "./spark-sql-text.ts"

/** Makes the files that plans read known to a session, as temporary views of their declared columns. */
export class FileViews {
  readonly #client: SparkClient
  readonly #orcZone: OrcZone
  /** By what is read, and of files that others may replace, by their state. */
  readonly #views = new Map<string, Promise<string>>()

  constructor(client: SparkClient, orcZone: OrcZone) {
    this.#client = client
    this.#orcZone = orcZone
  }

  /** The name of each leaf of a plan. @throws StorageError `SOURCE_DATA_INVALID`, `SOURCE_FILE_MISSING` */
  async leavesOf(plan: Relation): Promise<SparkLeaf> {
    const names = new Map<Relation, string>()
    for (const node of bottomUp(plan)) if (node.kind === "files") names.set(node, await this.#viewOf(node))
    return leaf => {
      if (leaf.kind === "table") return leaf.path
      const name = names.get(leaf)
      if (name === undefined) throw new Error("A file of the plan has no view. Please report this.")
      return [name]
    }
  }

  async #viewOf(files: Files): Promise<string> {
    const isOwn = (files.format === "parquet" || files.format === "orc") && !files.foreign
    if (isOwn && files.format === "orc") await this.#orcZone.confirm(files.schema)
    const key = JSON.stringify([files, isOwn ? [] : await statesOf(files)])
    const known = this.#views.get(key)
    if (known) return known
    const name = `files_${this.#views.size + 1}`
    const made = this.#create(files, isOwn, name).then(() => name)
    this.#views.set(key, made)
    made.catch(() => this.#views.delete(key))
    return made
  }

  async #create(files: Files, isOwn: boolean, name: string): Promise<void> {
    if (isOwn) return this.#client.createView(readColumnar(files, files.paths, columnDefinitions(files.schema)), name)
    const selects: string[] = []
    for (const [i, { rows, columns }] of (await partsOf(this.#client, files)).entries()) {
      const stored = quoteName(`${name}_stored_${i}`)
      await this.#client.createView(rows, stored)
      selects.push(`SELECT ${columns.join(", ")} FROM ${stored}`)
    }
    await this.#client.createView(sql(selects.join(" UNION ALL ") || emptySelect(files.schema)), name)
  }
}

function partsOf(client: SparkClient, files: Files): Promise<SourcePart[]> {
  if (files.format === "delta") return tableParts(client, files)
  if (files.format === "csv") return csvParts(client, files)
  return files.format === "json" ? jsonParts(client, files) : columnarParts(client, files)
}

/** Tells one state of what is read from another; a table of which no version is named may have another one each time. */
async function statesOf({ format, paths, version }: Files): Promise<readonly string[]> {
  if (format !== "delta") return Promise.all(paths.map(stateOf))
  if (version === undefined) return [randomUUID()]
  return Promise.all(paths.map(path => stateOf(`${path}/_delta_log/${commitName(version)}`)))
}

/** Tells one state of a file from another. */
async function stateOf(path: string): Promise<string> {
  if (isBucketUrl(path)) return (await objectStoreAt(path).look(path))?.etag ?? ""
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true })
    return `${mtimeNs}-${size}-${ino}`
  } catch {
    return ""
  }
}
