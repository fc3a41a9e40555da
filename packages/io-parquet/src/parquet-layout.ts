import { createHash } from "node:crypto"
import { join } from "node:path"

/** The pointer of an asset without partitions. */
const whole = "all"
/** File names may have 255 bytes; ours end in `.json` or begin with `partition=`. */
const longestName = 200

/**
 * A partition key as the name of a file or folder: what a path, a glob or a shell would read is percent-encoded, so that
 * no key leaves the asset's folder; of long keys the end is replaced by a hash.
 */
export function encodePartition(partition: string): string {
  const encoded = encodeURIComponent(Buffer.from(partition).toString()).replace(/[!'()*~]/g, percent)
  if (encoded.length > longestName) {
    const hash = createHash("sha256").update(partition).digest("hex").slice(0, 16)
    return `${encoded.slice(0, longestName - 20)}~${hash}`
  }
  if (encoded === "" || encoded === whole || encoded.startsWith(".")) {
    return encoded === "" ? "~empty" : `${percent(encoded.charAt(0))}${encoded.slice(1)}`
  }
  return encoded
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
}

/** The places of one asset. The folders are part of the storage's format, see the reference. */
export class AssetFolder {
  readonly path: string

  constructor(root: string, key: string) {
    this.path = join(root, ...key.split("/"))
  }

  get versions(): string {
    return join(this.path, "_versions")
  }

  get pointers(): string {
    return join(this.path, "_current")
  }

  /** One file for each write that has not become current yet, and may never. */
  get writing(): string {
    return join(this.path, "_writing")
  }

  /** A link to the current version, for people. */
  get latest(): string {
    return join(this.path, "latest")
  }

  version(id: string): string {
    return join(this.versions, id)
  }

  /** Written last: a version without it is partial. */
  marker(id: string): string {
    return join(this.version(id), "_assets.json")
  }

  pointer(partition: string | null): string {
    return join(this.pointers, `${partition === null ? whole : encodePartition(partition)}.json`)
  }

  /** Where the files of a write go: a write of one partition has a folder that names it. */
  data(id: string, partitions: readonly string[]): string {
    const [only] = partitions
    const named = partitions.length === 1 && only !== undefined
    return named ? join(this.version(id), `partition=${encodePartition(only)}`) : this.version(id)
  }
}
