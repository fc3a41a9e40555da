import { mapAtOnce } from "../util/map-at-once.ts"
import { GcsRefusal, gcsFailure } from "./gcs-failure.ts"
import { askGcs, type GcsAnswer, jsonOf, objectPath } from "./gcs-request.ts"
import { chunksOf, uploadInChunks } from "./gcs-upload.ts"
import type { ObjectRange, ObjectStore, PutCondition, StoredObject } from "./object-store.ts"
import { storeAnswered } from "./object-store-failure.ts"
import { partsOfObjectUrl } from "./object-url.ts"
import { uploadParts } from "./upload-pieces.ts"

/** An object as the JSON API tells of it. */
interface Resource {
  readonly name: string
  readonly size?: string
  /** Another one each time that the object is written. */
  readonly generation?: string
  readonly updated?: string
}

interface Page {
  readonly items?: readonly Resource[]
  readonly nextPageToken?: string
}

interface Rewritten {
  readonly done?: boolean
  readonly rewriteToken?: string
}

const fields = "name,size,generation,updated"
/** Objects that are removed at the same time. */
const atOnce = 8

/**
 * Objects of Google Cloud Storage, by its JSON API. The number of the generation tells one content from another, and a
 * write may be held to it, so that of two writers of an object one is refused.
 */
class GcsStore implements ObjectStore {
  look(url: string): Promise<StoredObject | undefined> {
    return asked(url, "read", async ({ bucket, name }) => {
      const answer = await askGcs(url, { method: "GET", path: objectPath(bucket, name), query: { fields } })
      return objectOf(url, jsonOf(answer))
    })
  }

  get(url: string): ReturnType<ObjectStore["get"]> {
    return asked(url, "read", async ({ bucket, name }) => {
      const answer = await askGcs(url, { method: "GET", path: objectPath(bucket, name), query: { alt: "media" } })
      return { bytes: answer.bytes, etag: answer.headers.get("x-goog-generation") ?? "" }
    })
  }

  read(url: string, { start, length }: ObjectRange): Promise<Uint8Array | undefined> {
    return asked(url, "read", async ({ bucket, name }) => {
      // Part of what is compressed cannot be taken for the whole.
      const headers = { range: `bytes=${start}-${start + length - 1}`, "accept-encoding": "identity" }
      const path = objectPath(bucket, name)
      const answer = await askGcs(url, { method: "GET", path, query: { alt: "media" }, headers }).catch(beyondEnd)
      return answer?.status === 200 ? answer.bytes.subarray(start, start + length) : (answer?.bytes ?? new Uint8Array())
    })
  }

  async put(url: string, content: string | Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    const etag = condition?.etag
    const ifGenerationMatch = etag === undefined ? undefined : etag === null ? "0" : etag
    try {
      return await required(url, "write", async ({ bucket, name }) => {
        const answer = await askGcs(url, {
          method: "POST",
          path: `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`,
          query: { uploadType: "media", name, fields, ifGenerationMatch },
          headers: { "content-type": "application/octet-stream" },
          body: typeof content === "string" ? Buffer.from(content) : content,
        })
        return jsonOf<Resource>(answer).generation ?? ""
      })
    } catch (error) {
      if (condition && error instanceof GcsRefusal) return undefined
      throw error
    }
  }

  upload(url: string, pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    return uploadParts(chunksOf(pieces), signal, {
      whole: bytes => this.put(url, bytes),
      inParts: chunks => required(url, "write", () => uploadInChunks(url, chunks, signal)),
    })
  }

  /** There is no renaming everywhere: the store copies the object by itself, a large one by several requests. */
  async move(from: Pick<StoredObject, "url" | "bytes">, to: string): Promise<void> {
    const source = partsOfObjectUrl(from.url)
    await required(to, "write", async ({ bucket, name }) => {
      const target = objectPath(bucket, name).slice("/storage/v1".length)
      const path = `${objectPath(source.bucket, source.name)}/rewriteTo${target}`
      let rewriteToken: string | undefined
      for (let isDone = false; !isDone; ) {
        const query = { rewriteToken, fields: "done,rewriteToken" }
        const answer = await askGcs(to, { method: "POST", path, query }).catch(error => {
          throw isMissing(error) ? storeAnswered(to, nothingAt(from.url), error) : error
        })
        const rewritten = jsonOf<Rewritten>(answer)
        rewriteToken = rewritten.rewriteToken
        isDone = rewritten.done === true || rewriteToken === undefined
      }
    })
    await this.remove([from.url])
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    let pageToken: string | undefined
    do {
      const { bucket } = partsOfObjectUrl(prefix)
      const page = await required(prefix, "read", async ({ name }) => {
        const query = { prefix: name, pageToken, maxResults: "1000", fields: `nextPageToken,items(${fields})` }
        const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o`
        return jsonOf<Page>(await askGcs(prefix, { method: "GET", path, query }))
      })
      for (const item of page.items ?? []) yield objectOf(`gs://${bucket}/${item.name}`, item)
      pageToken = page.nextPageToken
    } while (pageToken)
  }

  async remove(urls: readonly string[]): Promise<void> {
    const removed = (url: string) =>
      asked(url, "write", ({ bucket, name }) => askGcs(url, { method: "DELETE", path: objectPath(bucket, name) }))
    await mapAtOnce(urls, removed, { atOnce })
  }
}

type Ask<T> = (at: ReturnType<typeof partsOfObjectUrl>) => Promise<T>

/** What a condition that does not hold failed by is thrown as it is. */
async function required<T>(url: string, doing: "read" | "write", ask: Ask<T>): Promise<T> {
  try {
    return await ask(partsOfObjectUrl(url))
  } catch (error) {
    throw error instanceof GcsRefusal && error.isUnmet ? error : gcsFailure(error, url, doing)
  }
}

/** As `required`; undefined when there is no object. */
async function asked<T>(url: string, doing: "read" | "write", ask: Ask<T>): Promise<T | undefined> {
  return required(url, doing, async at => {
    try {
      return await ask(at)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}

/** There is no such object, in a bucket that there is. */
function isMissing(error: unknown): boolean {
  return error instanceof GcsRefusal && error.status === 404 && !/bucket does not exist/i.test(error.message)
}

function nothingAt(url: string) {
  return { doing: "write", status: 404, why: `There is no object ${url}.` } as const
}

function beyondEnd(error: unknown): GcsAnswer | undefined {
  if (error instanceof GcsRefusal && error.status === 416) return undefined
  throw error
}

function objectOf(url: string, { size, generation = "", updated }: Resource): StoredObject {
  return { url, bytes: Number(size ?? 0), etag: generation, modifiedMs: updated ? Date.parse(updated) : 0 }
}

/** The store of `gs://` URLs, as the variables of this process say. */
export const gcsStore: ObjectStore = new GcsStore()
