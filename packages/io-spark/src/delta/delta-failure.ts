import { AssetsError, ConfigError, StorageError } from "@assets/core"

/** Whether an error of the file system says that there is nothing at a path. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code === "ENOENT" || code === "ENOTDIR"
}

/** Turns an error of the file system into one that says what to do. Errors of this product pass through. */
export function storageFailure(cause: unknown, path: string, doing: "read" | "write"): AssetsError {
  if (cause instanceof AssetsError) return cause
  const { code = "" } = cause as NodeJS.ErrnoException
  const why = cause instanceof Error ? cause.message : String(cause)
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StorageError("STORAGE_FULL", {
      what: `The disk is full at ${path}.`,
      why,
      fix: "Free space there (assets gc removes what no table refers to), or point the root of deltaIO to another disk.",
      details: { path },
      cause,
    })
  }
  return new StorageError(doing === "write" ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${path} could not be ${doing === "write" ? "written" : "read"}.`,
    why,
    fix: `Give the user of this process the right to ${doing} there, or point the root of deltaIO elsewhere.`,
    details: { path },
    cause,
  })
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

export function conflict(key: string): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `Something else has become current of '${key}' meanwhile.`,
    why: "Another writer, whom no lease held off, was first; what it stored stays current.",
    fix: "Run again. Let writers of one root share the event log (state: { path }), so that they wait for one another.",
    details: { key },
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
