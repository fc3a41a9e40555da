import { createHash } from "node:crypto"
import type { FileFormat } from "../file-format.ts"
import { quoteName, quoteText, sparkPath } from "../spark-sql-text.ts"
import { type EntryPlace, foreignEntry, makeDatabase, qualifiedName } from "./catalog-entry.ts"
import { parsePartition } from "./partition-path.ts"
import { type Slice, sliceColumns, type WantedTable } from "./wanted-table.ts"

/**
 * What marks a table of ours. Key and path are for people: Spark hides a property in whose value it sees `url`, `token` or
 * the like, as in `hourly_delays`; the id stands for both.
 */
const properties = {
  id: "assets.id",
  key: "assets.key",
  table: "assets.table",
  form: "assets.form",
  folder: "assets.folder",
} as const

/** Folders that one statement names. */
const mostAtOnce = 500

/**
 * An external table over the folders of files that are current. Of one folder it is the location of the table, which one
 * statement changes; of several each is that of a partition.
 */
export class FilesEntry {
  readonly #at: EntryPlace
  readonly #format: FileFormat

  constructor(at: EntryPlace, format: FileFormat) {
    this.#at = at
    this.#format = format
  }

  async show(wanted: WantedTable): Promise<void> {
    const former = await this.#properties()
    const isOfForm = former?.get(properties.form) === wanted.form
    if (!isOfForm) await this.#create(wanted, former !== undefined)
    // Another writer may have made it meanwhile.
    const found = isOfForm ? former : await this.#properties()
    const [whole] = wanted.slices
    if (wanted.partitionedBy.length > 0) await this.#showSlices(wanted)
    else if (whole && found?.get(properties.folder) !== whole.folder) await this.#moveTo(whole.folder)
  }

  async drop(): Promise<void> {
    if (await this.#properties()) await this.#run("DROP TABLE IF EXISTS", "")
  }

  async #create(wanted: WantedTable, isThere: boolean): Promise<void> {
    const { key, path } = this.#at.table
    const { columns, partitionedBy, form, slices } = wanted
    if (isThere) await this.#run("DROP TABLE IF EXISTS", "")
    else await makeDatabase(this.#at)
    const isSliced = partitionedBy.length > 0
    const folder = isSliced ? "" : (slices[0]?.folder ?? "")
    const marks = {
      [properties.id]: this.#id,
      [properties.key]: key,
      [properties.table]: path,
      [properties.form]: form,
      [properties.folder]: folder,
    }
    const told = Object.entries(marks).map(([name, value]) => `${quoteText(name)} = ${quoteText(value)}`)
    const all = [columns, ...partitionedBy.map(name => `${quoteName(name)} STRING`)].filter(text => text !== "")
    const by = isSliced ? `PARTITIONED BY (${partitionedBy.map(quoteName).join(", ")})` : ""
    const how = `(${all.join(", ")}) USING ${this.#format} ${by} LOCATION ${this.#location(folder)}`
    await this.#run("CREATE TABLE IF NOT EXISTS", `${how} TBLPROPERTIES (${told.join(", ")})`)
  }

  /** The property follows: where it does not, the location is set once more. */
  async #moveTo(folder: string): Promise<void> {
    await this.#run("ALTER TABLE", `SET LOCATION ${this.#location(folder)}`)
    await this.#run("ALTER TABLE", `SET TBLPROPERTIES (${quoteText(properties.folder)} = ${quoteText(folder)})`)
  }

  /** What is no longer current goes first: nobody counts rows twice. */
  async #showSlices({ slices, partitionedBy }: WantedTable): Promise<void> {
    const found = await this.#at.catalog.ask(`SHOW PARTITIONS ${qualifiedName(this.#at)}`)
    const isPartitioned = partitionedBy.includes(sliceColumns.partition)
    const spec = ({ partition, folder }: Slice) => {
      const values = [
        ...(isPartitioned ? [[sliceColumns.partition, partition ?? ""]] : []),
        [sliceColumns.write, folder],
      ]
      return `PARTITION (${values.map(([name = "", value = ""]) => `${quoteName(name)} = ${quoteText(value)}`).join(", ")})`
    }
    const known = new Map((found ?? []).map(([path = ""]) => sliceOf(path)).map(slice => [spec(slice), slice]))
    const wanted = new Map(slices.map(slice => [spec(slice), slice]))
    const stale = [...known.keys()].filter(one => !wanted.has(one))
    const missing = [...wanted].filter(([one]) => !known.has(one))
    for (const some of chunks(stale)) await this.#run("ALTER TABLE", `DROP IF EXISTS ${some.join(", ")}`)
    for (const some of chunks(missing)) {
      const located = some.map(([one, { folder }]) => `${one} LOCATION ${this.#location(folder)}`)
      await this.#run("ALTER TABLE", `ADD IF NOT EXISTS ${located.join(" ")}`)
    }
  }

  /** Undefined where there is no table. @throws ConfigError `ENVIRONMENT_UNSUPPORTED` for one that is not ours */
  async #properties(): Promise<ReadonlyMap<string, string> | undefined> {
    const rows = await this.#at.catalog.ask(`SHOW TBLPROPERTIES ${qualifiedName(this.#at)}`)
    if (!rows) return undefined
    const found = new Map(rows.map(([name = "", value = ""]) => [name, value]))
    if (found.get(properties.id) === this.#id) return found
    throw foreignEntry(this.#at)
  }

  get #id(): string {
    const { key, path } = this.#at.table
    return createHash("sha256").update(`${key}\0${path}`).digest("hex").slice(0, 32)
  }

  #location(folder: string): string {
    const { place, path } = this.#at.table
    return quoteText(sparkPath(folder === "" ? path : place.join(path, ...folder.split("/"))))
  }

  async #run(verb: string, rest: string): Promise<void> {
    await this.#at.catalog.run(`${verb} ${qualifiedName(this.#at)} ${rest}`)
  }
}

function sliceOf(path: string): Slice {
  const values = parsePartition(path)
  return { partition: values.get(sliceColumns.partition) ?? null, folder: values.get(sliceColumns.write) ?? "" }
}

function chunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / mostAtOnce)
  return Array.from({ length: count }, (_, i) => all.slice(i * mostAtOnce, (i + 1) * mostAtOnce))
}
