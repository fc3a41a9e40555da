import { type AssetsError, fileFailure } from "@assets/core"

/** Turns an error of the file system into one that says what to do. Errors of this product pass through. */
export function storageFailure(cause: unknown, path: string, doing: "read" | "write"): AssetsError {
  return fileFailure(cause, { path, doing, manager: "parquetIO", collected: "old versions" })
}
