import { AssetsError, confirmColumnNames, type OutputContext, StorageError } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import { LogTable } from "../log-table/log-table.ts"
import type { AssetTable } from "../table/asset-table.ts"
import { InTurn } from "../table/in-turn.ts"
import { sparkSession } from "../table/session-of-tables.ts"
import type { TableMirror } from "../table/table-mirror.ts"
import type { CatalogStatements } from "./catalog-statements.ts"
import { DeltaEntry } from "./delta-entry.ts"
import { FilesEntry } from "./files-entry.ts"
import { readMarker, writeMarker } from "./mirror-marker.ts"
import { catalogName } from "./table-name.ts"
import { sliceColumns, type WantedTable, wantedTable } from "./wanted-table.ts"

/** Keeps the tables of assets known to Spark's catalog, in a database. The log of a table stays what tells its rows. */
export class CatalogMirror implements TableMirror {
  readonly #database: string
  readonly #provider: "orc" | "parquet" | "delta"
  /** By path. */
  readonly #turns = new Map<string, InTurn>()
  #session: OutputContext["session"] | undefined

  constructor(database: string, provider: "orc" | "parquet" | "delta") {
    this.#database = database
    this.#provider = provider
  }

  confirmColumns(schema: Schema): void {
    if (this.#provider === "delta") return
    const names: readonly string[] = Object.values(sliceColumns)
    confirmColumnNames(schema, {
      refusal: "A table of the catalog cannot have",
      whyNot: name =>
        names.includes(name.toLowerCase())
          ? "It has a column of that name, which tells folders of its rows apart."
          : undefined,
    })
  }

  async shownUntil(found: AssetTable): Promise<number> {
    const table = withLog(found)
    const marker = await readMarker(table)
    return marker?.table === this.#nameOf(table.key) ? Number(marker.version) : -1
  }

  update(found: AssetTable, context: OutputContext): Promise<void> {
    const table = withLog(found)
    this.#session = context.session
    const turn = this.#turns.get(table.path) ?? new InTurn()
    this.#turns.set(table.path, turn)
    return turn.run(() => this.#update(table, context))
  }

  async #update(table: LogTable, context: OutputContext): Promise<void> {
    const name = this.#nameOf(table.key)
    const marker = await readMarker(table)
    let wanted = await wantedTable(table, context)
    if (!wanted && !marker) return
    if (wanted && marker?.table === name && marker.version === wanted.version) return
    for (;;) {
      await this.#show(table, wanted, context)
      const shown = wanted?.version
      wanted = await wantedTable(table, context)
      // Statements of another writer, of a later commit, may have been undone by these: what is current is told again.
      if (wanted && wanted.version !== shown) continue
      const { version } = wanted ?? (await table.state())
      return writeMarker(table, { table: name, version })
    }
  }

  async #show(table: LogTable, wanted: WantedTable | undefined, context: OutputContext): Promise<void> {
    const { catalog } = sparkSession(await context.session())
    const entry = this.#entry(catalog, table)
    try {
      await (wanted ? entry.show(wanted) : entry.drop())
    } catch (error) {
      throw context.signal.aborted ? error : behind(table.key, this.#nameOf(table.key), error)
    }
  }

  async drop(found: AssetTable): Promise<void> {
    const table = withLog(found)
    if (!(await readMarker(table))) return
    const name = this.#nameOf(table.key)
    if (!this.#session) throw notDropped(table.key, name)
    await this.#entry(sparkSession(await this.#session()).catalog, table).drop()
  }

  #entry(catalog: CatalogStatements, table: LogTable): FilesEntry | DeltaEntry {
    const about = { catalog, table, database: this.#database, name: catalogName(table.key) }
    return this.#provider === "delta" ? new DeltaEntry(about) : new FilesEntry(about, this.#provider)
  }

  #nameOf(key: string): string {
    return `${this.#database}.${catalogName(key)}`
  }
}

function withLog(table: AssetTable): LogTable {
  if (table instanceof LogTable) return table
  throw new Error("Only tables with a log are shown by a catalog. Please report this.")
}

function behind(key: string, name: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_CATALOG_BEHIND", {
    what: `The rows of ${key} are stored, and the table ${name} of Spark's catalog does not show them.`,
    why: cause instanceof Error ? cause.message : String(cause),
    fix: `${cause instanceof AssetsError ? `${cause.fix.replace(/[.\s]+$/, "")}. ` : ""}Then run again: assets materialize ${key} computes nothing, and mends the table.`,
    details: { key, table: name },
    cause,
  })
}

function notDropped(key: string, name: string): StorageError {
  return new StorageError("STORAGE_CATALOG_BEHIND", {
    what: `${key} was not removed: its table ${name} is in Spark's catalog.`,
    why: "No session of Spark is open that could drop it.",
    fix: `Run in Spark: DROP TABLE ${name}; then remove the folder of the asset.`,
    details: { key, table: name },
  })
}
