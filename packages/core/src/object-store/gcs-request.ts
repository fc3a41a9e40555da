import { setTimeout as sleep } from "node:timers/promises"
import { gcsEndpoint, gcsHeaders } from "./gcs-access.ts"
import { GcsRefusal } from "./gcs-failure.ts"

/** A request that may be made again: what it changes, if anything, is the same a second time, or is held to a condition. */
export interface GcsRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** Behind the endpoint, or the whole URL of an upload. */
  readonly path: string
  readonly query?: { readonly [name: string]: string | undefined }
  readonly headers?: { readonly [name: string]: string }
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
}

export interface GcsAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** A store that is busy, and one that takes but one change of an object a second, answer within these. */
export const waitsMs = [500, 1_000, 2_000]
const mostMs = 120_000

/** Asks Google's store, again where a failure may pass. @throws GcsRefusal; Error without an answer */
export async function askGcs(url: string, request: GcsRequest): Promise<GcsAnswer> {
  for (const waitMs of waitsMs) {
    try {
      return await askOnce(url, request)
    } catch (error) {
      if (!mayPass(error, request.signal)) throw error
      await sleep(waitMs, undefined, request.signal && { signal: request.signal })
    }
  }
  return askOnce(url, request)
}

/** Whether the same request may be answered in a moment. */
export function mayPass(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted) return false
  if (error instanceof GcsRefusal) return error.isPassing
  const { name, cause } = error as Error
  const isNobodyThere = (cause as { readonly code?: string } | undefined)?.code === "ECONNREFUSED"
  return (name === "TypeError" && !isNobodyThere) || name === "TimeoutError" // no answer
}

export async function askOnce(url: string, request: GcsRequest): Promise<GcsAnswer> {
  const { method, path, query = {}, body, signal } = request
  const target = new URL(path, gcsEndpoint())
  for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, value)
  const headers = await gcsHeaders(url)
  for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value)
  const timeout = AbortSignal.timeout(mostMs)
  const response = await fetch(target, {
    method,
    headers,
    redirect: "manual", // 308 tells how far an upload is
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    ...(body && { body: body as Uint8Array<ArrayBuffer> }), // of no memory that threads share
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (response.status >= 400) throw new GcsRefusal(response.status, Buffer.from(bytes).toString("utf8"))
  return { status: response.status, headers: response.headers, bytes }
}

/** The part of a URL of the JSON API that names an object. */
export function objectPath(bucket: string, name: string): string {
  return `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`
}

export function jsonOf<T>({ bytes }: GcsAnswer): T {
  return JSON.parse(Buffer.from(bytes).toString("utf8"))
}
