import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { syncToDisk } from "@assets/core"
import { storageFailure } from "./table-failure.ts"

export interface CreateFileOptions {
  /** True: what is made outlives the loss of power. */
  readonly durable: boolean
  /** The path of a file of ours on the same disk, for the text until it is whole. */
  readonly beside: string
}

/** Makes a small file, whole or not at all; false when there is one: of several writers one gets true. */
export function createFile(path: string, text: string, { durable, beside }: CreateFileOptions): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true })
    mkdirSync(dirname(beside), { recursive: true })
    writeFileSync(beside, text)
    if (durable) syncToDisk(beside)
    // A second name of a file that is whole, given only where there is none: who dies here leaves no half commit.
    linkSync(beside, path)
    if (durable) syncToDisk(dirname(path))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
    throw storageFailure(error, path, "write")
  } finally {
    rmSync(beside, { force: true })
  }
}
