import { closeSync, openSync, statSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { type IOContext, StorageError } from "@assets/core"
import type Database from "better-sqlite3"
import { storageFailure } from "./storage-failure.ts"
import type { StorageRoot } from "./storage-root.ts"

/** Longest wait for another process; what it does under the lock takes milliseconds. */
const longestWaitMs = 30_000
const longestPauseMs = 20

interface OpenLock {
  readonly db: Database.Database
  readonly inode: number
}

/**
 * Lets one process at a time move the pointers of a root, also processes with event logs of their own.
 *
 * It is the lock that SQLite puts on an empty database: the system takes it from a process that dies, so that nothing has
 * to be guessed about who is alive. Nothing is ever written into the file.
 */
export class RootLock {
  readonly #open = new Map<string, OpenLock>()
  /** Loaded with the first write: who only reads needs none. */
  #sqlite: typeof Database | undefined

  /**
   * Makes a change, which is short and synchronous, while no other process makes one.
   * @throws StorageError `STORAGE_BUSY` when another process does not come to an end; `STORAGE_UNWRITABLE`
   */
  async hold<T>(root: StorageRoot, context: Pick<IOContext, "signal">, change: () => T): Promise<T> {
    root.make()
    this.#sqlite ??= (await import("better-sqlite3")).default
    const until = performance.now() + longestWaitMs
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      // Nothing is awaited between the lock and its end, so that other calls of this process never meet it held.
      const db = this.#database(root, this.#sqlite)
      const holder = begin(db, root)
      if (!holder) {
        try {
          return change()
        } finally {
          db.exec("ROLLBACK")
        }
      }
      if (performance.now() > until) throw busy(root.lock, holder)
      await delay(pauseMs * (0.5 + Math.random()), undefined, { signal: context.signal }).catch(aborted => {
        throw context.signal.reason ?? aborted
      })
    }
  }

  /** Makes a change that anybody may make, unless another process is at it or this one may not. */
  async attempt(root: StorageRoot, change: () => void): Promise<void> {
    try {
      this.#sqlite ??= (await import("better-sqlite3")).default
      const db = this.#database(root, this.#sqlite)
      if (begin(db, root)) return
      try {
        change()
      } finally {
        db.exec("ROLLBACK")
      }
    } catch {
      // Somebody else will make it.
    }
  }

  close(): void {
    for (const { db } of this.#open.values()) db.close()
    this.#open.clear()
  }

  /** The open database; another one when the root was deleted and made anew. */
  #database(root: StorageRoot, SQLite: typeof Database): Database.Database {
    const path = root.lock
    try {
      const found = this.#open.get(path)
      const inode = statSync(path, { throwIfNoEntry: false })?.ino
      if (found && inode === found.inode) return found.db
      this.#open.delete(path)
      found?.db.close()
      root.confirmInside(path)
      if (inode === undefined) closeSync(openSync(path, "a", 0o666))
      const db = new SQLite(path, { timeout: 0 })
      this.#open.set(path, { db, inode: statSync(path).ino })
      return db
    } catch (error) {
      throw lockFailure(error, path)
    }
  }
}

/** Takes the lock; gives what says that another process has it. */
function begin(db: Database.Database, { lock }: StorageRoot): Error | undefined {
  try {
    db.exec("BEGIN IMMEDIATE")
    return undefined
  } catch (error) {
    if (error instanceof Error && /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))) return error
    throw lockFailure(error, lock)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String((error as { code?: unknown }).code) : ""
}

function lockFailure(error: unknown, path: string): Error {
  if (codeOf(error) !== "SQLITE_NOTADB") return storageFailure(error, path, "write")
  return new StorageError("STORAGE_CORRUPT", {
    what: `${path} cannot be locked.`,
    why: "Something else wrote into it; parquetIO keeps it empty.",
    fix: `Delete ${path} while nothing runs; it is made again.`,
    details: { path },
  })
}

function busy(path: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_BUSY", {
    what: `Another process has held ${path} for ${longestWaitMs / 1000} s.`,
    why: "It is about to move pointers below this root, and was stopped, or its disk does not answer.",
    fix: "Let it go on, or end it (fuser names it); nothing is lost by that. Then run again.",
    details: { path },
    cause,
  })
}
