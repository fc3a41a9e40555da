import { AssetsError, StorageError } from "@assets/core"

/** Whether an error of the file system says that there is nothing at a path. */
export function isMissing(error: unknown): boolean {
  const code = errnoOf(error)
  return code === "ENOENT" || code === "ENOTDIR"
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

/** Turns an error of the file system into one that says what to do. Errors of this product pass through. */
export function storageFailure(cause: unknown, path: string, doing: "read" | "write"): AssetsError {
  if (cause instanceof AssetsError) return cause
  const code = errnoOf(cause)
  const why = cause instanceof Error ? cause.message : String(cause)
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StorageError("STORAGE_FULL", {
      what: `The disk is full at ${path}.`,
      why,
      fix: "Free space there (assets gc removes old versions), or point the root of parquetIO to another disk.",
      details: { path },
      cause,
    })
  }
  return new StorageError(doing === "write" ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${path} could not be ${doing === "write" ? "written" : "read"}.`,
    why,
    fix: `Give the user of this process the right to ${doing} there, or point the root of parquetIO elsewhere.`,
    details: { path, ...(code && { errno: code }) },
    cause,
  })
}
