import { type AssetsError, ConfigError, fileFailure, StorageError } from "@assets/core"

/** Turns an error of the file system into one that says what to do. Errors of this product pass through. */
export function storageFailure(cause: unknown, path: string, doing: "read" | "write"): AssetsError {
  return fileFailure(cause, { path, doing, manager: "the tables", collected: "what no table refers to" })
}

export function dataMissing(key: string, path: string): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `The stored data of ${key} is not there.`,
    why: `Files of ${path} were removed after the table had moved on, or by hand.`,
    fix: `Run again, so that what is current is read; where that is what is missing, assets materialize ${key} --force.`,
    details: { key, path },
  })
}

/** @param toMoveAway what moves the table out of the way, to be typed */
export function foreignTable(key: string, path: string, toMoveAway: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `There is a table at ${path} that assets did not make; ${key} does not replace it.`,
    why: "None of its commits carries a record of a materialization.",
    fix: `Move it away (${toMoveAway}), or name another place for the tables.`,
    details: { key, path },
  })
}
