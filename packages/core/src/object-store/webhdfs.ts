import type { IncomingMessage } from "node:http"
import { userInfo } from "node:os"
import { text } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { hadoopConfFolders, readHadoopSettings } from "./hadoop-settings.ts"
import { NoAnswer, RemoteFailure, withKerberos, withoutNamenode } from "./hdfs-failure.ts"
import { namenodeAddresses } from "./namenode-addresses.ts"

/** How a namenode is asked: the method belongs to the operation. */
interface Operation {
  readonly method: "GET" | "PUT" | "DELETE"
  readonly op: string
  readonly parameters?: { readonly [name: string]: string }
}

/** A request to a namenode changes names and nothing else. */
const namenodeMs = 60_000
/** One namenode takes the place of another within seconds. */
const failoverWaitsMs = [500, 1_000, 2_000, 4_000, 8_000]

/** The file system of one HDFS by WebHDFS: names are asked of the namenode that is active, bytes flow to and from datanodes. */
export class WebHdfs {
  readonly #namenodes: readonly string[]
  readonly #user: string
  /** The one that answered last. */
  #active = 0

  /** @throws ConfigError `ENVIRONMENT_UNSUPPORTED` without a namenode, or with Kerberos */
  constructor(authority: string, env: Variables) {
    const settings = readHadoopSettings(hadoopConfFolders(env))
    const namenodes = namenodeAddresses(authority, settings)
    if (!namenodes) throw withoutNamenode(`hdfs://${authority}/`)
    if (settings.get("hadoop.security.authentication") === "kerberos") throw withKerberos(`hdfs://${authority}/`)
    this.#namenodes = namenodes
    this.#user = userOf(env)
  }

  /** What the namenode answers; undefined of an empty answer. @throws RemoteFailure, NoAnswer */
  async ask(path: string, operation: Operation): Promise<unknown> {
    const response = await this.#askNamenode(path, operation)
    const text = await response.text()
    try {
      return text === "" ? undefined : JSON.parse(text)
    } catch {
      throw new NoAnswer(`${new URL(response.url).origin} answers ${response.status}, and not as WebHDFS.`)
    }
  }

  /** The bytes of a file, or some of them. @throws RemoteFailure, NoAnswer */
  async open(path: string, range?: { readonly start: number; readonly length: number }): Promise<Uint8Array> {
    const parameters = range && { offset: String(range.start), length: String(range.length) }
    const operation = { method: "GET", op: "OPEN", ...(parameters && { parameters }) } as const
    const response = await answer(await datanodeOf(await this.#askNamenode(path, operation)), { method: "GET" })
    return new Uint8Array(await response.arrayBuffer())
  }

  /**
   * Writes a file, and the folders that lead to it. What fails may leave a part of it.
   * @throws RemoteFailure, NoAnswer
   */
  async create(path: string, content: Content, signal?: AbortSignal): Promise<void> {
    // A namenode on standby sends a writer on to a datanode, as if it were active.
    if (this.#namenodes.length > 1) await this.ask("/", { method: "GET", op: "GETFILESTATUS" })
    const operation = { method: "PUT", op: "CREATE", parameters: { overwrite: "true" } } as const
    await sendFile(await datanodeOf(await this.#askNamenode(path, operation)), content, signal)
  }

  /** Asks the namenodes until one is there and active: the others have done nothing. While one may become so, it waits. */
  async #askNamenode(path: string, operation: Operation): Promise<Response> {
    for (const waitMs of failoverWaitsMs) {
      try {
        return await this.#askOnce(path, operation)
      } catch (error) {
        if (!isStandby(error)) throw error
        await sleep(waitMs)
      }
    }
    return this.#askOnce(path, operation)
  }

  async #askOnce(path: string, operation: Operation): Promise<Response> {
    let failure: unknown
    const first = this.#active // others change it meanwhile
    for (let attempt = 0; attempt < this.#namenodes.length; attempt++) {
      const index = (first + attempt) % this.#namenodes.length
      try {
        const response = await answer(this.#urlOf(index, path, operation), {
          method: operation.method,
          signal: AbortSignal.timeout(namenodeMs),
        })
        this.#active = index
        return response
      } catch (error) {
        if (!isStandby(error) && !isNotThere(error)) throw error
        if (failure === undefined || isStandby(error)) failure = error
      }
    }
    throw failure
  }

  #urlOf(index: number, path: string, { op, parameters }: Operation): string {
    const query = new URLSearchParams({ op, "user.name": this.#user, ...parameters })
    return `${this.#namenodes[index]}/webhdfs/v1${path.split("/").map(encodeURIComponent).join("/")}?${query}`
  }
}

type Variables = { readonly [name: string]: string | undefined }

function userOf(env: Variables): string {
  return env.HADOOP_USER_NAME || userInfo().username
}

const known = new Map<string, WebHdfs>()

/** The one client of this process for an HDFS, for the configuration that the variables name now. */
export function webHdfs(authority: string, env: Variables = process.env): WebHdfs {
  const state = JSON.stringify([authority, hadoopConfFolders(env), userOf(env)])
  const client = known.get(state) ?? new WebHdfs(authority, env)
  known.set(state, client)
  return client
}

/** A redirection is an answer; what says no is thrown. */
async function answer(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: "manual" })
  if (response.status >= 400) {
    const isKerberos = /negotiate/i.test(response.headers.get("www-authenticate") ?? "")
    throw failureOf(url, response.status, await response.text(), isKerberos)
  }
  return response
}

/** Where the namenode sends a request for bytes. */
async function datanodeOf(response: Response): Promise<string> {
  await response.arrayBuffer() // frees the connection
  const location = response.headers.get("location")
  if (location === null) throw new NoAnswer(`${new URL(response.url).origin} names no datanode.`)
  return location
}

type Content = Uint8Array | AsyncIterable<Uint8Array>

/** Not by `fetch`, which takes a datanode's `100 Continue`, for which nobody has asked, for the end of the connection. */
async function sendFile(url: string, content: Content, signal: AbortSignal | undefined): Promise<void> {
  const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http")
  const headers = { "content-type": "application/octet-stream" }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: "PUT", headers, ...(signal && { signal }) }, resolve)
    sent.once("error", reject)
    if (content instanceof Uint8Array) sent.end(content)
    else pipeline(content, sent).catch(reject)
  })
  const told = await text(response)
  const { statusCode = 0 } = response
  if (statusCode >= 400) throw failureOf(url, statusCode, told)
}

function failureOf(url: string, status: number, text: string, isKerberos = false): Error {
  const { origin } = new URL(url)
  if (status === 401 && isKerberos) return withKerberos(origin)
  const told = remoteException(text)
  if (!told) return new NoAnswer(`${origin} answers ${status}, and not as WebHDFS.`)
  return new RemoteFailure(told.exception, told.message, status)
}

function remoteException(text: string): { readonly exception: string; readonly message: string } | undefined {
  try {
    const { exception, message } = JSON.parse(text).RemoteException
    return typeof exception === "string" ? { exception, message: String(message) } : undefined
  } catch {
    return undefined
  }
}

function isStandby(error: unknown): boolean {
  return error instanceof RemoteFailure && error.exception === "StandbyException"
}

/** Whether a request never reached anybody. */
function isNotThere(error: unknown): boolean {
  const { code = "" } = ((error as Error).cause ?? {}) as { readonly code?: string }
  return /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(code)
}
