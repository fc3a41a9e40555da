import type { AssetLayout } from "./parquet-layout.ts"
import type { Version } from "./version.ts"

/** Where the versions of one asset are written and read: folders of a disk, or the objects of a store. */
export interface VersionPlace {
  readonly layout: AssetLayout
  /** Makes the folder of a write, where there are folders. */
  makeFolder(path: string): Promise<void>
  /** Writes a file that is not there yet; gives its bytes. */
  writeFile(path: string, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number>
  /** Undefined when there is no file. */
  readFile(path: string): Promise<string | undefined>
  removeFile(path: string): Promise<void>
  /** A complete version; undefined when it is partial or not there. @throws StorageError `STORAGE_CORRUPT` */
  readVersion(id: string): Promise<Version | undefined>
  /** Whether all files of a version are there, each with the size that it was written with. */
  isIntact(version: Version): Promise<boolean>
  /** Completes a version: from here on it may become current. */
  complete(version: Version, settings: { readonly durable: boolean }): Promise<void>
}

/** A folder of a version that is being written. */
export interface WrittenPlace {
  readonly place: VersionPlace
  readonly path: string
}
