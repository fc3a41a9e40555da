import { join } from "node:path"
import { AssetLayout } from "./parquet-layout.ts"
import type { StorageRoot } from "./storage-root.ts"

/** The places of one asset on a disk. */
export class AssetFolder extends AssetLayout {
  readonly root: StorageRoot

  constructor(root: StorageRoot, key: string) {
    super(root.path, key, join)
    this.root = root
  }

  /** A link to the current version, for people. */
  get latest(): string {
    return join(this.path, "latest")
  }
}
