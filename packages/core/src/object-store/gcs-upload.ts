import { setTimeout as sleep } from "node:timers/promises"
import { GcsRefusal } from "./gcs-failure.ts"
import { askGcs, askOnce, type GcsAnswer, mayPass, waitsMs } from "./gcs-request.ts"
import { partsOfObjectUrl } from "./object-url.ts"

/** A chunk of an upload; the store takes multiples of 256 KiB alone, but for the last one. */
export const chunkBytes = 16 * 1024 * 1024

/** Pieces of any size as chunks of one size, of which the last one is shorter; one at least, if an empty one. */
export async function* chunksOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let bytes = 0
  let chunks = 0
  for await (const piece of pieces) {
    held.push(piece)
    bytes += piece.length
    if (bytes < chunkBytes) continue
    const all = Buffer.concat(held)
    let start = 0
    for (; bytes - start >= chunkBytes; start += chunkBytes) {
      yield all.subarray(start, start + chunkBytes)
      chunks++
    }
    held = [all.subarray(start)]
    bytes -= start
  }
  if (bytes > 0 || chunks === 0) yield Buffer.concat(held)
}

/** Writes an object in chunks, which is there when the last one is; gives its bytes. What fails leaves nothing. */
export async function uploadInChunks(
  url: string,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { bucket, name } = partsOfObjectUrl(url)
  const begun = await askGcs(url, {
    method: "POST",
    path: `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`,
    query: { uploadType: "resumable", name },
    headers: { "x-upload-content-type": "application/octet-stream" },
    signal,
  })
  const session = begun.headers.get("location")
  if (session === null) throw new TypeError("The store names no place for the upload.")
  let sent = 0
  try {
    let former: Uint8Array | undefined
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      if (former) sent += await send(url, session, { bytes: former, start: sent, isLast: false, signal })
      former = chunk
    }
    signal?.throwIfAborted()
    if (former) sent += await send(url, session, { bytes: former, start: sent, isLast: true, signal })
    return sent
  } catch (error) {
    await askOnce(url, { method: "DELETE", path: session }).catch(() => {}) // answers 499 when it has ended the upload
    const isForgotten = error instanceof GcsRefusal && (error.status === 404 || error.status === 410)
    throw isForgotten ? new GcsRefusal(410, "The store no longer knows the upload.") : error
  }
}

interface Chunk {
  readonly bytes: Uint8Array
  readonly start: number
  readonly isLast: boolean
  readonly signal: AbortSignal | undefined
}

/** Sends a chunk; after a failure the rest of it, from where the store is then. */
async function send(url: string, session: string, chunk: Chunk): Promise<number> {
  const { bytes, signal } = chunk
  const put = (range: string, body: Uint8Array) =>
    askOnce(url, { method: "PUT", path: session, headers: { "content-range": `bytes ${range}` }, body, signal })
  for (let failures = 0; ; failures++) {
    try {
      await sendRest(put, chunk, failures > 0)
      return bytes.length
    } catch (error) {
      const waitMs = waitsMs[failures]
      if (waitMs === undefined || !mayPass(error, signal)) throw error
      await sleep(waitMs, undefined, signal && { signal })
    }
  }
}

type Put = (range: string, body: Uint8Array) => Promise<GcsAnswer>

/** The store may take a part of what it is sent; 308 tells that it waits for more. */
async function sendRest(put: Put, { bytes, start, isLast }: Chunk, isAgain: boolean): Promise<void> {
  const end = start + bytes.length
  const total = isLast ? end : "*"
  let at = start
  if (isAgain) {
    const answer = await put(`*/${total}`, new Uint8Array())
    if (answer.status !== 308) return
    at = takenBy(answer)
    if (at < start) throw new GcsRefusal(400, `The store has lost the upload from byte ${at} on.`)
  }
  while (at < end) {
    const answer = await put(`${at}-${end - 1}/${total}`, bytes.subarray(at - start))
    if (answer.status !== 308) return
    const taken = takenBy(answer)
    if (taken <= at) throw new GcsRefusal(503, `The store takes no byte of the upload from ${at} on.`)
    at = taken
  }
  if (isLast) throw new GcsRefusal(503, "The store has all bytes of the upload, and does not end it.")
}

/** How many bytes of an upload the store has. */
function takenBy({ headers }: GcsAnswer): number {
  const last = /^bytes=0-(\d+)$/.exec(headers.get("range") ?? "")?.[1]
  return last === undefined ? 0 : Number(last) + 1
}
