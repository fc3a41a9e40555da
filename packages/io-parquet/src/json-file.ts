import { renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { StorageError, syncToDisk } from "@assets/core"
import { storageFailure } from "./storage-failure.ts"
import { readOwnFile } from "./storage-root.ts"

let writes = 0

/**
 * Replaces a file at one blow: a reader sees the former text or the new one. The file is small, and asking the thread pool
 * to write it takes several times as long as writing it.
 */
export function replaceFile(path: string, text: string, { durable = false } = {}): void {
  const beside = `${path}.${process.pid}-${++writes}.tmp`
  try {
    writeFileSync(beside, text)
    if (durable) syncToDisk(beside)
    renameSync(beside, path)
    if (durable) syncToDisk(dirname(path))
  } catch (error) {
    rmSync(beside, { force: true })
    throw storageFailure(error, path, "write")
  }
}

/**
 * Reads a file of our own; undefined when there is none.
 * @throws StorageError `STORAGE_CORRUPT` when it is not what `accept` takes, with `fix`
 */
export function readJsonFile<T>(path: string, accept: (value: unknown) => T | undefined, fix: string): T | undefined {
  const text = readOwnFile(path)
  return text === undefined ? undefined : parseJsonFile(path, text, accept, fix)
}

/** As `readJsonFile`, of a text that was read before. */
export function parseJsonFile<T>(
  path: string,
  text: string,
  accept: (value: unknown) => T | undefined,
  fix: string,
): T {
  let why = "It is not of the form that this version of assets writes."
  try {
    const accepted = accept(JSON.parse(text))
    if (accepted !== undefined) return accepted
  } catch (error) {
    why = error instanceof Error ? error.message : String(error)
  }
  throw new StorageError("STORAGE_CORRUPT", {
    what: `${path} cannot be understood.`,
    why: `${why} Something else wrote or cut it, or a newer version of assets did.`,
    fix,
    details: { path },
  })
}

export function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
