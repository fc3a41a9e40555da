import { randomUUID } from "node:crypto"
import { chmodSync, mkdirSync, rmdirSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import {
  type AssetsError,
  ConfigError,
  type EngineSession,
  makeScratchFolder,
  type ScratchFolder,
  StorageError,
  staleScratchFolders,
} from "@assets/core"
import type { Relation } from "@assets/dataframe"
import { duckdb } from "./duckdb-engine.ts"
import { DuckdbSession } from "./duckdb-session.ts"
import { type StagedRows, type Staging, stageRows } from "./stage-rows.ts"

interface Copy {
  readonly rows: Promise<StagedRows>
  /** Of the step that makes it. */
  readonly signal: AbortSignal
}

const never = new AbortController().signal

interface Shared {
  readonly exchange: Promise<StagedExchange>
  users: number
}

/** One exchange for a place: what a manager has in its hands can then be read by the others of the process. */
const shared = new Map<string, Shared>()

/**
 * How an engine that cannot attach a database file gets rows into and out of one: by Parquet in a folder that both reach,
 * and a DuckDB of the manager's own that moves them between there and the file.
 *
 * Each process has a folder of its own in it, by host: whether a process lives is known on its host alone.
 */
export class StagedExchange {
  readonly session: DuckdbSession
  readonly #folder: ScratchFolder
  readonly #place: string
  /** What was copied out for readers, by what it holds. */
  readonly #copies = new Map<string, Copy>()
  readonly #reached = new WeakMap<EngineSession, Promise<void>>()

  private constructor(session: DuckdbSession, folder: ScratchFolder, place: string) {
    this.session = session
    this.#folder = folder
    this.#place = place
  }

  /**
   * The one of a place, until as many have closed it as have opened it.
   * @throws StorageError `STORAGE_UNWRITABLE` when no folder can be made at the place
   */
  static open(place: string): Promise<StagedExchange> {
    const known = shared.get(place)
    if (known) {
      known.users++
      return known.exchange
    }
    const exchange = StagedExchange.#make(place)
    shared.set(place, { exchange, users: 1 })
    exchange.catch(() => shared.delete(place))
    return exchange
  }

  static async #make(place: string): Promise<StagedExchange> {
    const folder = makeFolder(place)
    try {
      const context = { timeZone: "UTC", scratch: folder.path, now: new Date(), signal: never }
      const session = await duckdb().open(context)
      if (!(session instanceof DuckdbSession)) throw new Error("DuckDB's session is another one. Please report this.")
      return new StagedExchange(session, folder, place)
    } catch (error) {
      folder.remove()
      throw error
    }
  }

  /** Folders that dead processes of this host have left at a place. */
  static left(place: string): string[] {
    try {
      return staleScratchFolders(placeOfHost(place))
    } catch {
      return [] // there is no such folder
    }
  }

  /** Has a session write the rows of a relation to files that every session of the exchange reads. */
  async stage(writer: EngineSession, relation: Relation, { stepId, signal }: Staging): Promise<StagedRows> {
    const folder = await mkdtemp(join(this.#folder.path, "staged-"))
    // An engine may make the folder itself, as another user: it goes into one of ours.
    const path = join(folder, "rows")
    mkdirSync(path)
    share(folder)
    share(path)
    const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
    return stageRows(writer, relation, { path, remove, stepId, signal })
  }

  /** Stages once what is known by a name, for all who ask until the exchange closes. */
  async copyOf(name: string, signal: AbortSignal, make: () => Promise<StagedRows>): Promise<Relation> {
    for (;;) {
      const known = this.#copies.get(name)
      if (!known) {
        const rows = make()
        this.#copies.set(name, { rows, signal })
        rows.catch(() => this.#copies.delete(name))
        return (await rows).relation
      }
      try {
        return (await known.rows).relation
      } catch (error) {
        // Who made it was stopped, which is no reason to stop who waits for it.
        if (signal.aborted || !known.signal.aborted) throw error
      }
    }
  }

  /**
   * Has a session read a file of the folder: one that runs on another machine need not see it.
   * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` when it does not
   */
  confirmReach(session: EngineSession): Promise<void> {
    const known = this.#reached.get(session)
    if (known) return known
    const reached = this.#confirm(session)
    this.#reached.set(session, reached)
    reached.catch(() => this.#reached.delete(session))
    return reached
  }

  async #confirm(session: EngineSession): Promise<void> {
    const schema = { columns: [{ name: "token", type: { kind: "string" } }] } as const
    const written = { kind: "values", rows: [[randomUUID()]], schema } as const
    const staging = { stepId: "staging", signal: never }
    const { relation, remove } = await this.stage(this.session, written, staging)
    try {
      for await (const { numRows } of session.batches(relation, never)) if (numRows > 0) return
      throw unreachable(this.#place, session, "It found no rows in a file that was written there.")
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      throw unreachable(this.#place, session, error.message, error)
    } finally {
      await remove()
    }
  }

  async close(): Promise<void> {
    const use = shared.get(this.#place)
    if (use && --use.users > 0) return
    shared.delete(this.#place)
    await Promise.allSettled([...this.#copies.values()].map(copy => copy.rows))
    await this.session.close()
    this.#folder.remove()
    for (const folder of [placeOfHost(this.#place), this.#place]) {
      try {
        rmdirSync(folder)
      } catch {
        return // others use it
      }
    }
  }
}

function placeOfHost(place: string): string {
  return join(place, encodeURIComponent(hostname()))
}

function makeFolder(place: string): ScratchFolder {
  try {
    const folder = makeFolderIn(placeOfHost(place), 3)
    share(folder.path)
    return folder
  } catch (cause) {
    throw new StorageError("STORAGE_UNWRITABLE", {
      what: `No rows can be staged in ${place}.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a folder that this user may write to: duckdbFileIO({ path, staging: "/shared/staging" }).',
      details: { path: place },
      cause,
    })
  }
}

/** Another process may remove the parent, which is empty, after it was made here. */
function makeFolderIn(parent: string, attempts: number): ScratchFolder {
  mkdirSync(parent, { recursive: true })
  try {
    return makeScratchFolder(parent)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempts <= 1) throw error
    return makeFolderIn(parent, attempts - 1)
  }
}

/** Who may reach what the process makes elsewhere may reach it here: an engine can be another user's. */
function share(folder: string): void {
  chmodSync(folder, 0o777 & ~process.umask())
}

function unreachable(place: string, { dialect }: EngineSession, why: string, cause?: AssetsError): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `The engine of this environment (${dialect}) does not see ${place}, where rows pass between it and the DuckDB file.`,
    why,
    fix: 'Name a folder that is at the same path on both machines: duckdbFileIO({ path, staging: "/shared/staging" }).',
    details: { dialect, path: place },
    ...(cause && { cause }),
  })
}
