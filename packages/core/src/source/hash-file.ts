import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"

/** What a file's hash is kept under: when all of it is equal, the content is. Nanoseconds as text. */
export interface FileState {
  readonly path: string
  readonly size: number
  readonly mtimeNs: string
  readonly ctimeNs: string
  readonly inode: string
}

export interface FileHashCache {
  fileHash(file: FileState): string | undefined
  keepFileHash(file: FileState, hash: string): void
}

/** A file that was changed this recently may change again within the same tick of its clock. */
const SETTLED_MS = 2_000

/** Returns what tells whether a file has changed, without reading it. */
export async function fileState(path: string): Promise<FileState> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true })
  return { path, size: Number(size), mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, inode: `${ino}` }
}

/**
 * Returns what stands for a file's content: its SHA-256 in hex, from the cache where the file has not changed.
 * Above `limitBytes` size, mtime and inode stand in for it.
 */
export async function hashFile(
  file: FileState,
  cache: FileHashCache,
  { limitBytes, nowMs, signal }: { limitBytes: number; nowMs: number; signal?: AbortSignal | undefined },
): Promise<string> {
  if (file.size > limitBytes) return `size=${file.size} mtime=${file.mtimeNs} inode=${file.inode}`
  const settled = nowMs - Number(BigInt(file.mtimeNs) / 1_000_000n) >= SETTLED_MS
  const known = settled ? cache.fileHash(file) : undefined
  if (known) return known
  const hash = createHash("sha256")
  // The signal is looked at, not given to the streams: each of them would listen to it, and Node warns of many listeners.
  for await (const chunk of createReadStream(file.path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted()
    hash.update(chunk)
  }
  const digest = hash.digest("hex")
  if (settled) cache.keepFileHash(file, digest)
  return digest
}
