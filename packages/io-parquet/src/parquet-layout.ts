import { createHash } from "node:crypto"
import { DefinitionError } from "@assets/core"

/** The pointer of an asset without partitions. */
const whole = "all"
/** File names may have 255 bytes; ours end in `.json` or begin with `partition=`. */
const longestName = 200

/**
 * A partition key as the name of a file or folder: what a path, a glob or a shell would read is percent-encoded, so that
 * no key leaves the asset's folder; of long keys the end is replaced by a hash.
 */
function encodePartition(partition: string): string {
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

/** Whether a text is the id of a version: the name of a folder, and nothing that a path would read. */
export function isVersionId(text: unknown): text is string {
  return typeof text === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(text)
}

/** Joins a place and names below it: paths of this machine, or the URLs of objects. */
export type JoinPath = (place: string, ...names: string[]) => string

/** The places of one asset. The names are part of the storage's format, see the reference. */
export class AssetLayout {
  readonly key: string
  readonly path: string
  /** The place of a name below another; `..` in it is resolved. */
  readonly join: JoinPath

  /** @throws DefinitionError `ASSET_KEY_INVALID` for a key that would leave the root or meet a file of ours */
  constructor(root: string, key: string, join: JoinPath) {
    const segments = key.split("/")
    const isSafe = (segment: string) =>
      /^[A-Za-z0-9.-][A-Za-z0-9_.-]*$/.test(segment) && !/^\.{1,2}$|^latest$/.test(segment)
    if (!segments.every(isSafe)) throw unsafeKey(key)
    this.key = key
    this.join = join
    this.path = join(root, ...segments)
  }

  get versions(): string {
    return this.join(this.path, "_versions")
  }

  get pointers(): string {
    return this.join(this.path, "_current")
  }

  /** One file for each write that has not become current yet, and may never. */
  get writing(): string {
    return this.join(this.path, "_writing")
  }

  version(id: string): string {
    return this.join(this.versions, id)
  }

  /** Written last: a version without it is partial. */
  marker(id: string): string {
    return this.join(this.version(id), "_assets.json")
  }

  pointer(partition: string | null): string {
    return this.join(this.pointers, `${partition === null ? whole : encodePartition(partition)}.json`)
  }

  /** The folder of a write below that of its version: a write of one partition has one that names it. */
  dataName(partitions: readonly string[]): string {
    const [only] = partitions
    return partitions.length === 1 && only !== undefined ? `partition=${encodePartition(only)}` : ""
  }

  /** Where the files of a write go. */
  data(id: string, partitions: readonly string[]): string {
    const name = this.dataName(partitions)
    return name === "" ? this.version(id) : this.join(this.version(id), name)
  }
}

function unsafeKey(key: string): DefinitionError {
  return new DefinitionError("ASSET_KEY_INVALID", {
    what: `${JSON.stringify(key)} is no key that parquetIO keeps.`,
    why: "Its segments name folders below the root, and one of these would leave it or meet a file of parquetIO's own.",
    fix: "Use segments of letters, digits, '_', '.' and '-' that do not begin with '_' and are not '.', '..' or 'latest'.",
    details: { key },
  })
}
