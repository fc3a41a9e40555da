import { setTimeout as sleep } from "node:timers/promises"
import { StorageError } from "@assets/core"
import type { RestCatalogOptions } from "./rest-catalog-options.ts"

/** What a catalog has answered. */
export interface Answer {
  readonly status: number
  readonly text: string
}

interface RestRequest {
  readonly method: "GET" | "POST" | "DELETE"
  readonly url: string
  /** JSON. */
  readonly body?: string
}

const patienceMs = 60_000
/** Before what changes nothing is asked for once more. */
const delaysMs = [200, 1_000]
/** A token is asked for anew so long before its end. */
const marginMs = 30_000

/**
 * Speaks HTTP with a catalog.
 * @throws StorageError `STORAGE_ACCESS_REFUSED`, `STORAGE_UNREACHABLE`
 */
export class RestClient {
  readonly uri: string
  readonly #options: RestCatalogOptions
  #token: Promise<{ readonly text: string; readonly untilMs: number }> | undefined

  constructor(options: RestCatalogOptions) {
    this.uri = options.uri.replace(/\/+$/, "")
    this.#options = options
  }

  /** What changes nothing: asked for again where a catalog does not answer, or is not ready. */
  async get(url: string): Promise<Answer> {
    for (const delayMs of delaysMs) {
      const answer = await this.send({ method: "GET", url }).catch(error => {
        if (error instanceof StorageError && error.code === "STORAGE_UNREACHABLE") return undefined
        throw error
      })
      if (answer && !isUndecided(answer)) return answer
      await sleep(delayMs)
    }
    return this.send({ method: "GET", url })
  }

  /** Gives any answer but that access is refused. */
  async send(request: RestRequest): Promise<Answer> {
    const token = await this.#bearer()
    let answer = await this.#fetch(request, token)
    if (answer.status === 401 && this.#options.credential !== undefined) {
      this.#token = undefined
      answer = await this.#fetch(request, await this.#bearer())
    }
    if (answer.status === 401 || answer.status === 403) throw refused(request.url, answer)
    return answer
  }

  #fetch({ method, url, body }: RestRequest, token: string | undefined): Promise<Answer> {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    }
    return answerOf(url, { method, headers, ...(body !== undefined && { body }) })
  }

  async #bearer(): Promise<string | undefined> {
    const { token, credential } = this.#options
    if (credential === undefined) return token
    this.#token ??= this.#newToken(credential)
    try {
      const { text, untilMs } = await this.#token
      if (Date.now() < untilMs) return text
    } catch (error) {
      this.#token = undefined
      throw error
    }
    this.#token = this.#newToken(credential)
    return (await this.#token).text
  }

  async #newToken(credential: string): Promise<{ readonly text: string; readonly untilMs: number }> {
    const { scope = "catalog", oauth2ServerUri: url = `${this.uri}/v1/oauth/tokens` } = this.#options
    const at = credential.indexOf(":")
    const client = at === -1 ? {} : { client_id: credential.slice(0, at) }
    const secret = credential.slice(at + 1)
    const body = new URLSearchParams({ grant_type: "client_credentials", ...client, client_secret: secret, scope })
    const answer = await answerOf(url, { method: "POST", body })
    if (answer.status !== 200) throw refused(url, answer)
    const { access_token: text, expires_in: seconds } = JSON.parse(answer.text) as TokenAnswer // of OAuth 2
    const untilMs = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1_000 - marginMs
    return { text, untilMs }
  }
}

interface TokenAnswer {
  readonly access_token: string
  readonly expires_in?: number
}

async function answerOf(url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) })
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
    const { code = "", message } = inner as NodeJS.ErrnoException // of fetch
    throw new StorageError("STORAGE_UNREACHABLE", {
      what: `The catalog of ${url} cannot be reached.`,
      why: [code, message].filter(Boolean).join(": "),
      fix: `Look whether catalog.uri of tableIO names it, and the network lets this machine reach it: curl -I ${new URL(url).origin}/v1/config.`,
      details: { url },
      cause,
    })
  }
}

/** Whether an answer leaves open what was done, or what would be answered a moment later. */
export function isUndecided({ status }: Answer): boolean {
  return status >= 500 || status === 429
}

/** What a catalog says of a request that it did not carry out. */
export function messageOf({ status, text }: Answer): string {
  const said = errorOf(text)
  return `The catalog answers ${status}${said?.message ? `: ${said.type ? `${said.type}, ` : ""}${said.message}` : ""}.`
}

/** Whether a catalog says that there is no such table or namespace; another server's 404 does not. */
export function isAbsent({ status, text }: Answer): boolean {
  return status === 404 && errorOf(text) !== undefined
}

interface CatalogError {
  readonly message?: string
  readonly type?: string
}

function errorOf(text: string): CatalogError | undefined {
  try {
    const { error, error_description: message } = JSON.parse(text) as {
      readonly error?: CatalogError | string
      readonly error_description?: string
    }
    return typeof error === "string" ? { type: error, ...(message && { message }) } : error
  } catch {
    return undefined
  }
}

function refused(url: string, answer: Answer): StorageError {
  return new StorageError("STORAGE_ACCESS_REFUSED", {
    what: `The catalog refused access to ${url}.`,
    why: messageOf(answer),
    fix: "Correct token or credential of tableIO's catalog, or give their principal the right to make, change and drop tables of the namespace.",
    details: { catalog: url, status: answer.status },
  })
}

/** A request that was not carried out; one of which that is not known tells the `url` in its details. */
export function requestFailed(url: string, answer: Answer, doing: "read" | "write"): StorageError {
  return new StorageError(doing === "write" ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${url} could not be ${doing === "write" ? "changed" : "read"}.`,
    why: messageOf(answer),
    fix: "Look at what the catalog says of it, in its log, too; then run again.",
    details: { ...(isUndecided(answer) ? { url } : { catalog: url }), status: answer.status },
  })
}
