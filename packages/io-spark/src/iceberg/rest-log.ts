import { setTimeout as sleep } from "node:timers/promises"
import { StorageError } from "@assets/core"
import type { Beginning, CommitOptions, MetadataLog, MetadataVersion } from "./metadata-log.ts"
import type { RestCatalog, TableName } from "./rest-catalog.ts"
import { type Answer, isAbsent, isUndecided, requestFailed } from "./rest-client.ts"
import { restCommit } from "./rest-commit.ts"
import { currentSnapshot, sameId, snapshotOf, type TableMetadata } from "./table-metadata.ts"

interface RestLogOptions {
  readonly name: TableName
  /** The address of the table in the catalog. */
  readonly address: string
  /** What a table that is not there yet begins with. */
  readonly beginning: Beginning
  /** What the catalog has told of the table last, for the first look; left out where it has told of none. */
  readonly loaded?: MetadataVersion
}

const mostAttempts = 4
const delayMs = 500

/** The commits of a table that a REST catalog makes: one request each, with what must hold of the table before. */
export class RestLog implements MetadataLog {
  readonly address: string
  readonly #catalog: RestCatalog
  readonly #name: TableName
  readonly #beginning: Beginning
  /** Taken by the first look, which comes before each commit of this log. */
  #loaded: MetadataVersion | undefined

  constructor(catalog: RestCatalog, { name, address, beginning, loaded }: RestLogOptions) {
    this.address = address
    this.#catalog = catalog
    this.#name = name
    this.#beginning = beginning
    this.#loaded = loaded
  }

  get toMoveAway(): string {
    const name = [...this.#name.namespace, this.#name.name].join(".")
    return `ALTER TABLE ${name} RENAME TO ${name}_former`
  }

  beginning(): Beginning {
    return this.#beginning
  }

  async last(known: MetadataVersion | undefined): Promise<MetadataVersion | undefined> {
    const loaded = this.#loaded
    this.#loaded = undefined
    const found = loaded ?? (await this.#catalog.load(this.#name))
    if (!found) return undefined
    if (found.metadata.location !== this.#beginning.location) throw moved(this.#name, found.metadata.location)
    return known?.stamp !== undefined && known.stamp === found.stamp ? known : found
  }

  async create(former: MetadataVersion | undefined, next: TableMetadata, { commit }: CommitOptions): Promise<boolean> {
    const change = restCommit(former?.metadata, next)
    commit(() => {})
    let failure: unknown
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      if (attempt > 0) await sleep(delayMs * attempt)
      const answer = await this.#catalog.commit(this.#name, change).catch(error => {
        if (!(error instanceof StorageError) || error.code !== "STORAGE_UNREACHABLE") throw error
        failure = error
        return undefined
      })
      if (answer && answer.status < 300) return true
      // Refused, or without an answer: what is there now tells which, also when an earlier attempt was carried out.
      const now = await this.#catalog.load(this.#name)
      if (now && holds(now.metadata, next)) return true
      if (!answer) continue
      failure = requestFailed(this.address, answer, "write")
      if (isConflict(answer, former, now)) return false
      if (!isUndecided(answer)) break
    }
    throw failure
  }

  remove(): Promise<void> {
    return this.#catalog.drop(this.#name)
  }
}

/** Whether a table has the snapshot that a commit was to give it. */
function holds(metadata: TableMetadata, next: TableMetadata): boolean {
  return snapshotOf(metadata, currentSnapshot(next)?.["snapshot-id"]) !== undefined
}

/** Whether somebody else has committed meanwhile: some catalogs call a commit wrong that was made on a former state. */
function isConflict(answer: Answer, former: MetadataVersion | undefined, now: MetadataVersion | undefined): boolean {
  if (answer.status === 409) return true
  if (isUndecided(answer) || !former) return false
  if (isAbsent(answer)) return now === undefined
  return now !== undefined && !sameId(now.metadata["last-sequence-number"], former.metadata["last-sequence-number"])
}

function moved({ namespace, name }: TableName, location: string): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `The table ${[...namespace, name].join(".")} was made anew elsewhere meanwhile: at ${location}.`,
    why: "Another writer, whom no lease held off, was first; what it stored stays current.",
    fix: "Run again.",
    details: { location },
  })
}
