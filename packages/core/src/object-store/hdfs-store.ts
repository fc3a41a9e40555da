import { randomUUID } from "node:crypto"
import { posix } from "node:path"
import { mapAtOnce } from "../util/map-at-once.ts"
import { hdfsFailure, RemoteFailure, throughGateway, withSnapshots } from "./hdfs-failure.ts"
import type { ObjectRange, ObjectStore, PutCondition, StoredObject } from "./object-store.ts"
import { partsOfObjectUrl } from "./object-url.ts"
import { passOn } from "./upload-pieces.ts"
import { type WebHdfs, webHdfs } from "./webhdfs.ts"

/** A file, or a folder, as a namenode tells of it. */
interface FileStatus {
  readonly pathSuffix: string
  readonly type: string
  readonly length: number
  readonly modificationTime: number
  /** Never given to another file, and kept when it is renamed. */
  readonly fileId: number
}

/** Requests on their way at the same time. */
const atOnce = 8
/** What a write has laid aside and not renamed in this time is of a dead writer: listings show it, so that it is removed. */
const asideMs = 24 * 60 * 60 * 1000
const asideName = /^\.put-[0-9a-f-]{36}$/

/**
 * Files of HDFS as objects. A content is written aside in the same folder, hidden, and renamed, which is one act of the
 * namenode. It replaces a certain content by being renamed to that file's number (`/.reserved/.inodes/…`), which leads
 * nowhere once the file has been replaced or removed. Folders are made by what is written, and go with the last that is in
 * them, up to the place of the store.
 */
export class HdfsStore implements ObjectStore {
  readonly #place: string

  constructor(place: string) {
    this.#place = place
  }

  look(url: string): Promise<StoredObject | undefined> {
    return guarded(url, "read", async () => {
      const status = await fileAt(url)
      return status && objectOf(url, status)
    })
  }

  get(url: string): ReturnType<ObjectStore["get"]> {
    return guarded(url, "read", async () => {
      for (let former = await fileAt(url); former; ) {
        let failure: unknown
        const bytes = await at(url)
          .hdfs.open(at(url).path)
          .catch(error => {
            failure = error // told unless the file has been replaced meanwhile
            return undefined
          })
        const now = await fileAt(url)
        // Bytes that were read between two looks at the same file are its own.
        if (now && etagOf(now) === etagOf(former)) {
          if (bytes) return { bytes, etag: etagOf(now) }
          throw failure
        }
        former = now
      }
      return undefined
    })
  }

  read(url: string, range: ObjectRange): Promise<Uint8Array | undefined> {
    return guarded(url, "read", () => orMissing(at(url).hdfs.open(at(url).path, range)))
  }

  put(url: string, content: string | Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    return guarded(url, "write", async () => {
      const etag = condition?.etag
      if (etag) {
        await confirmNoSnapshots(url)
        const now = await fileAt(url)
        if (!now || etagOf(now) !== etag) return undefined // what was moved by hand would be found by its number
      }
      return putAside(url, typeof content === "string" ? Buffer.from(content) : content, { condition })
    })
  }

  async upload(url: string, pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    let bytes = 0
    async function* counted() {
      for await (const piece of pieces) {
        signal?.throwIfAborted()
        bytes += piece.length
        yield piece
      }
    }
    await passOn(counted(), signal, given => guarded(url, "write", () => putAside(url, given, { signal })))
    return bytes
  }

  async move(from: Pick<StoredObject, "url" | "bytes">, to: string): Promise<void> {
    await guarded(to, "write", async () => {
      const { hdfs, path } = at(to)
      await hdfs.ask(posix.dirname(path), { method: "PUT", op: "MKDIRS" })
      await rename(from.url, path, "OVERWRITE")
    })
    await this.#removeEmptyFolders([from.url])
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    const slash = prefix.lastIndexOf("/")
    const [folder, start] = [prefix.slice(0, slash), prefix.slice(slash + 1)]
    for (const status of await entriesOf(folder)) {
      const url = `${folder}/${status.pathSuffix}`
      if (!status.pathSuffix.startsWith(start)) continue
      if (status.type === "DIRECTORY") yield* this.list(`${url}/`)
      else if (status.type === "FILE" && !isUnfinished(status)) yield objectOf(url, status)
    }
  }

  async remove(urls: readonly string[]): Promise<void> {
    await mapAtOnce(urls, removeOne, { atOnce })
    await this.#removeEmptyFolders(urls)
  }

  async #removeEmptyFolders(urls: readonly string[]): Promise<void> {
    const folders = [...new Set(urls.map(folderOf))].sort((a, b) => b.length - a.length)
    for (const folder of folders) {
      let empty = folder
      while (empty.startsWith(`${this.#place}/`) && (await removeOne(empty))) empty = folderOf(empty)
    }
  }
}

function at(url: string): { readonly hdfs: WebHdfs; readonly path: string } {
  const { bucket, name } = partsOfObjectUrl(url)
  return { hdfs: webHdfs(bucket), path: `/${name}` }
}

async function guarded<T>(url: string, doing: "read" | "write", work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw hdfsFailure(error, url, doing)
  }
}

/** Undefined where there is no such file; of snapshots, too, where none can be taken. */
async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isFailure(error, "FileNotFoundException") || isFailure(error, "SnapshotException")) return undefined
    throw error
  }
}

function isFailure(error: unknown, exception: string): boolean {
  return error instanceof RemoteFailure && error.exception === exception
}

async function statusAt(url: string): Promise<FileStatus | undefined> {
  const { hdfs, path } = at(url)
  const answer = await orMissing(hdfs.ask(path, { method: "GET", op: "GETFILESTATUS" }))
  return (answer as { readonly FileStatus: FileStatus } | undefined)?.FileStatus // as WebHDFS says
}

async function fileAt(url: string): Promise<FileStatus | undefined> {
  const status = await statusAt(url)
  return status?.type === "FILE" ? status : undefined
}

/** What lies in a folder, in the order of the URLs below. */
function entriesOf(folder: string): Promise<readonly FileStatus[]> {
  return guarded(folder, "read", async () => {
    const { hdfs, path } = at(folder)
    const answer = await orMissing(hdfs.ask(path, { method: "GET", op: "LISTSTATUS" }))
    const found = (answer as { readonly FileStatuses: { readonly FileStatus: readonly FileStatus[] } } | undefined)
      ?.FileStatuses.FileStatus
    const nameOf = ({ pathSuffix, type }: FileStatus) => (type === "DIRECTORY" ? `${pathSuffix}/` : pathSuffix)
    // Of a file that is no folder WebHDFS lists the file itself, without a name.
    const named = (found ?? []).filter(({ pathSuffix }) => pathSuffix !== "")
    return named.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  })
}

function isUnfinished({ pathSuffix, modificationTime }: FileStatus): boolean {
  return asideName.test(pathSuffix) && Date.now() - modificationTime < asideMs
}

/** The number of the file is what tells one content from another; the rest tells of changes that others make to it. */
function etagOf({ fileId, length, modificationTime }: FileStatus): string {
  return `${fileId}-${length}-${modificationTime}`
}

function objectOf(url: string, status: FileStatus): StoredObject {
  return { url, bytes: status.length, etag: etagOf(status), modifiedMs: status.modificationTime }
}

interface PutOptions {
  readonly condition?: PutCondition | undefined
  readonly signal?: AbortSignal | undefined
}

/** Writes a content and gives it its name; its etag, or undefined when the condition does not hold. */
async function putAside(
  url: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { condition, signal }: PutOptions,
): Promise<string | undefined> {
  const aside = `${folderOf(url)}/.put-${randomUUID()}`
  const { hdfs, path } = at(aside)
  try {
    await hdfs.create(path, content, signal)
    const status = await statusAt(aside)
    if (!status) throw new Error(`${aside} was removed by somebody else.`)
    signal?.throwIfAborted()
    if (await replace(aside, url, condition)) return etagOf(status)
  } catch (error) {
    await removeOne(aside).catch(() => {}) // the first error says more
    throw error
  }
  await removeOne(aside)
  return undefined
}

/** False when the condition does not hold. */
async function replace(aside: string, url: string, condition: PutCondition | undefined): Promise<boolean> {
  const { path } = at(url)
  if (!condition) return rename(aside, path, "OVERWRITE").then(() => true)
  const { etag } = condition
  try {
    if (etag === null) await rename(aside, path, "NONE")
    else await rename(aside, `/.reserved/.inodes/${etag.split("-")[0]}`, "OVERWRITE")
    return true
  } catch (error) {
    if (isFailure(error, etag === null ? "FileAlreadyExistsException" : "FileNotFoundException")) return false
    throw error
  }
}

/** One act of the namenode. */
async function rename(from: string, destination: string, renameoptions: "OVERWRITE" | "NONE"): Promise<void> {
  const { hdfs, path } = at(from)
  const answer = await hdfs.ask(path, { method: "PUT", op: "RENAME", parameters: { destination, renameoptions } })
  // A namenode answers nothing to a renaming with options, a gateway that does not know them whether it renamed.
  if (answer !== undefined) throw throughGateway(from)
}

/** Removes a file, or a folder that is empty; false where that is not so. */
function removeOne(url: string): Promise<boolean> {
  return guarded(url, "write", async () => {
    const { hdfs, path } = at(url)
    try {
      await hdfs.ask(path, { method: "DELETE", op: "DELETE", parameters: { recursive: "false" } })
      return true
    } catch (error) {
      if (isFailure(error, "PathIsNotEmptyDirectoryException")) return false
      throw error
    }
  })
}

function folderOf(url: string): string {
  return url.slice(0, url.lastIndexOf("/"))
}

const withoutSnapshots = new Map<string, Promise<void>>()

/** A file that a snapshot holds is found by its number for ever. Looked at once by each process, for each folder. */
function confirmNoSnapshots(url: string): Promise<void> {
  const folder = folderOf(url)
  const asked = withoutSnapshots.get(folder) ?? refuseSnapshots(url, folder)
  withoutSnapshots.set(folder, asked)
  asked.catch(() => withoutSnapshots.delete(folder))
  return asked
}

async function refuseSnapshots(url: string, folder: string): Promise<void> {
  const parts = folder.split("/")
  const around = parts.map((_, i) => parts.slice(0, i + 1).join("/")).slice(2) // from hdfs://host on
  await mapAtOnce(around, async place => {
    if ((await entriesOf(`${place}/.snapshot`)).length > 0) throw withSnapshots(url, at(place).path)
  })
}
