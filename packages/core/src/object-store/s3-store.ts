import type * as S3 from "@aws-sdk/client-s3"
import { mapAtOnce } from "../util/map-at-once.ts"
import type { ObjectRange, ObjectStore, PutCondition, StoredObject } from "./object-store.ts"
import { s3Failure } from "./object-store-failure.ts"
import { partsOfObjectUrl } from "./object-url.ts"
import { s3Client } from "./s3-access.ts"
import { uploadParts } from "./upload-pieces.ts"

/** A part of an upload; the store takes no more than 10,000 of them, and none but the last below 5 MiB. */
const partBytes = 16 * 1024 * 1024
const manyParts = 5_000
/** Parts on their way, or objects that are removed, at the same time. */
const atOnce = 8
/** What the store copies by one request. */
const mostCopiedBytes = 5 * 1024 ** 3

type Sdk = typeof S3

/** Objects of Amazon S3 and of stores that speak its language, with the credentials that AWS's own order finds. */
class S3Store implements ObjectStore {
  look(url: string): Promise<StoredObject | undefined> {
    return asked(url, "read", async (sdk, client, at) => {
      const found = await client.send(new sdk.HeadObjectCommand(at))
      return objectOf(url, found.ContentLength, found.ETag, found.LastModified)
    })
  }

  get(url: string): ReturnType<ObjectStore["get"]> {
    return asked(url, "read", async (sdk, client, at) => {
      const { Body, ETag = "" } = await client.send(new sdk.GetObjectCommand(at))
      return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), etag: ETag }
    })
  }

  read(url: string, { start, length }: ObjectRange): Promise<Uint8Array | undefined> {
    return asked(url, "read", async (sdk, client, at) => {
      const Range = `bytes=${start}-${start + length - 1}`
      const { Body } = await client.send(new sdk.GetObjectCommand({ ...at, Range }))
      return (await Body?.transformToByteArray()) ?? new Uint8Array()
    })
  }

  async put(url: string, content: string | Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    const Body = typeof content === "string" ? Buffer.from(content) : content
    const etag = condition?.etag
    const only = etag === undefined ? {} : etag === null ? { IfNoneMatch: "*" } : { IfMatch: etag }
    try {
      return await asked(url, "write", async (sdk, client, at) => {
        const { ETag = "" } = await client.send(new sdk.PutObjectCommand({ ...at, Body, ...only }))
        return ETag
      })
    } catch (error) {
      if (condition && isUnmet(error)) return undefined
      throw error
    }
  }

  upload(url: string, pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    return uploadParts(partsOf(pieces), signal, {
      whole: bytes => this.put(url, bytes),
      inParts: parts => uploaded(url, parts, signal),
    })
  }

  /** There is no renaming: the store copies the object by itself. */
  async move(from: Pick<StoredObject, "url" | "bytes">, to: string): Promise<void> {
    await this.#copy(from, to)
    await this.remove([from.url])
  }

  async #copy(from: Pick<StoredObject, "url" | "bytes">, to: string): Promise<void> {
    const { bucket, name } = partsOfObjectUrl(from.url)
    const CopySource = [bucket, ...name.split("/")].map(encodeURIComponent).join("/")
    await required(to, "write", async (sdk, client, at) => {
      if (from.bytes <= mostCopiedBytes) return client.send(new sdk.CopyObjectCommand({ ...at, CopySource }))
      return inParts(sdk, client, at, async UploadId => {
        const parts: S3.CompletedPart[] = []
        for (let start = 0; start < from.bytes; start += mostCopiedBytes) {
          const PartNumber = parts.length + 1
          const CopySourceRange = `bytes=${start}-${Math.min(start + mostCopiedBytes, from.bytes) - 1}`
          const request = { ...at, CopySource, CopySourceRange, PartNumber, UploadId }
          const { CopyPartResult } = await client.send(new sdk.UploadPartCopyCommand(request))
          parts.push({ PartNumber, ETag: CopyPartResult?.ETag })
        }
        return parts
      })
    })
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    let ContinuationToken: string | undefined
    do {
      const page = await required(prefix, "read", (sdk, client, { Bucket, Key }) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: Key, ContinuationToken })),
      )
      const { bucket } = partsOfObjectUrl(prefix)
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) yield objectOf(`s3://${bucket}/${Key}`, Size, ETag, LastModified)
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (ContinuationToken !== undefined)
  }

  async remove(urls: readonly string[]): Promise<void> {
    const removed = (url: string) =>
      asked(url, "write", (sdk, client, at) => client.send(new sdk.DeleteObjectCommand(at)))
    await mapAtOnce(urls, removed, { atOnce })
  }
}

interface Address {
  readonly Bucket: string
  readonly Key: string
}

type Ask<T> = (sdk: Sdk, client: S3.S3Client, at: Address) => Promise<T>

async function required<T>(url: string, doing: "read" | "write", ask: Ask<T>): Promise<T> {
  try {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-s3"), s3Client()])
    const { bucket, name } = partsOfObjectUrl(url)
    return await ask(sdk, client, { Bucket: bucket, Key: name })
  } catch (error) {
    throw isUnmet(error) ? error : s3Failure(error, url, doing)
  }
}

/** As `required`; undefined when there is no object. */
async function asked<T>(url: string, doing: "read" | "write", ask: Ask<T>): Promise<T | undefined> {
  try {
    return await required(url, doing, ask)
  } catch (error) {
    const { name, $metadata } = ((error as Error).cause ?? {}) as S3.S3ServiceException // what was mapped, if anything
    if (name === "NoSuchKey" || (name === "NotFound" && $metadata?.httpStatusCode === 404)) return undefined
    throw error
  }
}

/** The condition of a write did not hold, or another conditional write was under way. */
function isUnmet(error: unknown): boolean {
  const status = (error as Partial<S3.S3ServiceException>).$metadata?.httpStatusCode
  return status === 412 || (error as Error).name === "ConditionalRequestConflict"
}

function objectOf(url: string, bytes = 0, etag = "", modified = new Date(0)): StoredObject {
  return { url, bytes, etag, modifiedMs: modified.getTime() }
}

/** Writes an object in parts; what fails leaves none of them. */
async function inParts(
  sdk: Sdk,
  client: S3.S3Client,
  at: Address,
  send: (uploadId: string | undefined) => Promise<S3.CompletedPart[]>,
): Promise<void> {
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(at))
  try {
    const Parts = (await send(UploadId)).toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0))
    await client.send(new sdk.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ ...at, UploadId })).catch(() => {}) // the first error says more
    throw error
  }
}

async function uploaded(url: string, parts: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
  let bytes = 0
  await required(url, "write", (sdk, client, at) =>
    inParts(sdk, client, at, async UploadId => {
      const done: S3.CompletedPart[] = []
      const running = new Set<Promise<void>>()
      let number = 0
      for await (const Body of parts) {
        signal?.throwIfAborted()
        bytes += Body.length
        const PartNumber = ++number
        const sent = client.send(new sdk.UploadPartCommand({ ...at, UploadId, PartNumber, Body })).then(({ ETag }) => {
          done.push({ PartNumber, ETag })
          running.delete(sent)
        })
        sent.catch(() => {}) // told by the race, or at the end
        running.add(sent)
        if (running.size >= atOnce / 2) await Promise.race(running)
      }
      await Promise.all(running)
      return done
    }),
  )
  return bytes
}

/** Pieces of any size as parts of the size that the store wants; larger ones when they become many. */
async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let bytes = 0
  let count = 0
  for await (const piece of pieces) {
    held.push(piece)
    bytes += piece.length
    if (bytes < partBytes * (1 + Math.floor(count / manyParts))) continue
    yield Buffer.concat(held)
    count++
    held = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(held)
}

const store = new S3Store()

/** The store of `s3://` URLs, as the variables of this process say. Its client is loaded when it is first asked. */
export function objectStore(): ObjectStore {
  return store
}
