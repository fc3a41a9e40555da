import { type AssetsError, ConfigError, fileFailure, StorageError } from "@assets/core"

/** Turns an error of the file system into one that says what to do. Errors of this product pass through. */
export function storageFailure(cause: unknown, path: string, doing: "read" | "write"): AssetsError {
  return fileFailure(cause, { path, doing, manager: "deltaIO", collected: "what no table refers to" })
}

export function dataMissing(key: string, path: string): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `The stored data of ${key} is not there.`,
    why: `${path} was removed: by VACUUM after the table had moved on, or by hand.`,
    fix: `Run again, so that what is current is read; where that is what is missing, assets materialize ${key} --force.`,
    details: { key, path },
  })
}

export function logCorrupt(path: string, why: string): StorageError {
  return new StorageError("STORAGE_CORRUPT", {
    what: `The log of the Delta table at ${path} cannot be understood.`,
    why,
    fix: `Restore the folder _delta_log from a backup; or move ${path} away and materialize its asset again.`,
    details: { path },
  })
}

export function foreignTable(key: string, path: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `There is a Delta table at ${path} that assets did not make; ${key} does not replace it.`,
    why: "None of its commits carries a record of a materialization.",
    fix: `Move it away (mv ${path} ${path}-former), or give deltaIO another root.`,
    details: { key, path },
  })
}

export function unknownFeatures(path: string, features: readonly string[]): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `The Delta table at ${path} demands of its writers what this version does not do: ${features.join(", ")}.`,
    why: "Somebody has switched it on with ALTER TABLE; a writer that leaves it out could damage the table.",
    fix: `Switch it off (ALTER TABLE delta.\`${path}\` DROP FEATURE …), or move the table away and materialize its asset again.`,
    details: { path, features: [...features] },
  })
}
