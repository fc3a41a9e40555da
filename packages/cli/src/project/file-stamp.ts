import { createHash } from "node:crypto"
import { type BigIntStats, readFileSync, statSync } from "node:fs"

/** What a file was when it was read: as long as this holds, so does what was made of it. */
export interface FileStamp {
  readonly path: string
  /** Size, mtime, ctime and inode; null when there was no such file. */
  readonly state: string | null
  /** SHA-256 of the content. */
  readonly hash: string | null
  /** The file was changed shortly before it was read: one more change may hide in the same clock tick. */
  readonly young: boolean
}

const youngMs = 2_000

export function contentHash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex")
}

/** Reads a file and says what it was. The stamp is taken first, so that a later change shows. */
export function readStamped(path: string): { readonly stamp: FileStamp; readonly content: Buffer | null } {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stats?.isFile()) return { stamp: { path, state: null, hash: null, young: false }, content: null }
  const content = readFileSync(path)
  return { stamp: stampOf(path, stats, contentHash(content)), content }
}

/** The stamp as of now when the file is still what it was, else undefined. */
export function confirmStamp(stamp: FileStamp): FileStamp | undefined {
  const stats = statSync(stamp.path, { bigint: true, throwIfNoEntry: false })
  const state = stats?.isFile() ? stateOf(stats) : null
  if (state === stamp.state && !stamp.young) return stamp
  if (!stats?.isFile() || stamp.hash === null) return state === stamp.state ? stamp : undefined
  const hash = contentHash(readFileSync(stamp.path))
  return hash === stamp.hash ? stampOf(stamp.path, stats, hash) : undefined
}

function stampOf(path: string, stats: BigIntStats, hash: string): FileStamp {
  const changedMs = Math.max(Number(stats.mtimeMs), Number(stats.ctimeMs))
  return { path, state: stateOf(stats), hash, young: Date.now() - changedMs < youngMs }
}

function stateOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size} ${mtimeNs} ${ctimeNs} ${ino}`
}
