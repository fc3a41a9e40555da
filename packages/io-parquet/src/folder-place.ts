import { mkdir, readFile, rm } from "node:fs/promises"
import { isMissingFile } from "@assets/core"
import { writeNewFile } from "@assets/dataframe"
import type { AssetFolder } from "./asset-folder.ts"
import { completeVersion } from "./complete-version.ts"
import { storageFailure } from "./storage-failure.ts"
import { isIntact, readVersion, type Version } from "./version.ts"
import type { VersionPlace } from "./version-place.ts"

/** Versions in folders of a disk. */
export class FolderPlace implements VersionPlace {
  readonly layout: AssetFolder

  constructor(folder: AssetFolder) {
    this.layout = folder
  }

  async makeFolder(path: string): Promise<void> {
    this.layout.root.confirmInside(path)
    try {
      await mkdir(path, { recursive: true })
    } catch (error) {
      throw storageFailure(error, path, "write")
    }
  }

  writeFile(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    return writeNewFile(path, pieces)
  }

  async readFile(path: string): Promise<string | undefined> {
    try {
      return await readFile(path, "utf8")
    } catch (error) {
      if (isMissingFile(error)) return undefined
      throw storageFailure(error, path, "read")
    }
  }

  async removeFile(path: string): Promise<void> {
    await rm(path, { force: true })
  }

  async readVersion(id: string): Promise<Version | undefined> {
    return readVersion(this.layout, id)
  }

  async isIntact(version: Version): Promise<boolean> {
    return isIntact(this.layout, version)
  }

  async complete(version: Version, settings: { readonly durable: boolean }): Promise<void> {
    completeVersion(this.layout, version, settings)
  }
}
