import { AssetsError, StorageError } from "../errors/assets-error.ts"

/** Whether an error of the file system says that there is nothing at a path. */
export function isMissingFile(error: unknown): boolean {
  const code = errnoOf(error)
  return code === "ENOENT" || code === "ENOTDIR"
}

export interface FileFailure {
  readonly path: string
  readonly doing: "read" | "write"
  /** The IO manager, as a config names it. */
  readonly manager: string
  /** What `assets gc` removes of it. */
  readonly collected: string
}

/** Turns an error of the file system into one that says what to do. Errors of this product pass through. */
export function fileFailure(cause: unknown, { path, doing, manager, collected }: FileFailure): AssetsError {
  if (cause instanceof AssetsError) return cause
  const code = errnoOf(cause)
  const why = cause instanceof Error ? cause.message : String(cause)
  const details = { path, ...(code !== undefined && { errno: code }) }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StorageError("STORAGE_FULL", {
      what: `The disk is full at ${path}.`,
      why,
      fix: `Free space there (assets gc removes ${collected}), or point the root of ${manager} to another disk.`,
      details,
      cause,
    })
  }
  return new StorageError(doing === "write" ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${path} could not be ${doing === "write" ? "written" : "read"}.`,
    why,
    fix: `Give the user of this process the right to ${doing} there, or point the root of ${manager} elsewhere.`,
    details,
    cause,
  })
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

/** What a writer is told that finds what it began from replaced by somebody else's work. */
export function storageConflict(key: string): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `Something else has become current of '${key}' meanwhile.`,
    why: "Another writer, whom no lease held off, was first; what it stored stays current.",
    fix: "Run again. Let writers of one root share the event log (state: { path }), so that they wait for one another.",
    details: { key },
  })
}
