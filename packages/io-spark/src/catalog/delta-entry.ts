import { EngineError } from "@assets/core"
import { quoteText, sparkPath } from "../spark-sql-text.ts"
import { type EntryPlace, foreignEntry, makeDatabase, qualifiedName } from "./catalog-entry.ts"

/** A Delta table in a catalog: its place is all that is told, and its log the rest. */
export class DeltaEntry {
  readonly #at: EntryPlace

  constructor(at: EntryPlace) {
    this.#at = at
  }

  async show(): Promise<void> {
    if (await this.#isThere()) return
    await this.#create()
    await this.#isThere() // another writer may have made it meanwhile
  }

  async #create(): Promise<void> {
    const { catalog, table } = this.#at
    await makeDatabase(this.#at)
    try {
      await catalog.run(
        `CREATE TABLE IF NOT EXISTS ${qualifiedName(this.#at)} USING delta LOCATION ${quoteText(sparkPath(table.path))}`,
      )
    } catch (error) {
      throw lacksDelta(error) ? withoutDelta(error) : error
    }
  }

  async drop(): Promise<void> {
    if (await this.#isThere()) await this.#at.catalog.run(`DROP TABLE IF EXISTS ${qualifiedName(this.#at)}`)
  }

  /** @throws ConfigError `ENVIRONMENT_UNSUPPORTED` for a table of that name that is another one */
  async #isThere(): Promise<boolean> {
    const { catalog, table } = this.#at
    const rows = await catalog.ask(`DESCRIBE TABLE EXTENDED ${qualifiedName(this.#at)}`)
    if (!rows) return false
    const told = new Map(rows.map(([name = "", value = ""]) => [name, value]))
    const isSame =
      told.get("Provider")?.toLowerCase() === "delta" &&
      plain(told.get("Location") ?? "") === plain(sparkPath(table.path))
    if (isSame) return true
    throw foreignEntry(this.#at)
  }
}

/** `file:/a` and `file:///a/` are one place. */
function plain(location: string): string {
  return location.replace(/^file:\/+/, "/").replace(/\/+$/, "")
}

function lacksDelta(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    /DATA_SOURCE_NOT_FOUND|Failed to find.*delta|delta.*is not a valid/i.test(`${error.message} ${error.why}`)
  )
}

function withoutDelta(cause: unknown): EngineError {
  return new EngineError("SPARK_MISSING", {
    what: "Spark has no jars of Delta.",
    why: "A catalog knows a Delta table where its server reads Delta.",
    fix: "assets spark install --with delta; on a server of its own, put delta-spark among its jars.",
    cause,
  })
}
