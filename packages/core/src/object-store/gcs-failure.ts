import { AssetsError } from "../errors/assets-error.ts"
import { objectStoreFailure, storeAnswered } from "./object-store-failure.ts"
import { toldByFetch } from "./told-by-fetch.ts"

/** An answer of Google's store by which it does not do what it is asked for. */
export class GcsRefusal extends Error {
  readonly status: number
  /** Google's word for it: `conditionNotMet`, `rateLimitExceeded`. */
  readonly reason: string

  constructor(status: number, body: string) {
    const { message, reason } = errorIn(body)
    super(message)
    this.status = status
    this.reason = reason
  }

  /** The condition of a write does not hold. */
  get isUnmet(): boolean {
    return this.status === 412
  }

  /** The same request may be answered in a moment. */
  get isPassing(): boolean {
    return [408, 429, 500, 502, 503, 504].includes(this.status) || /rateLimitExceeded/i.test(this.reason)
  }
}

/** The JSON API tells of an error as an object, downloads tell of it as a text. */
function errorIn(body: string): { readonly message: string; readonly reason: string } {
  try {
    const { error } = JSON.parse(body)
    return { message: String(error.message ?? ""), reason: String(error.errors?.[0]?.reason ?? error.status ?? "") }
  } catch {
    return { message: body.trim().split("\n")[0]?.slice(0, 500) ?? "", reason: "" }
  }
}

/** Turns what a request to Google's store failed by into an error that says what to do. Errors of this product pass through. */
export function gcsFailure(cause: unknown, url: string, doing: "read" | "write"): AssetsError {
  if (cause instanceof AssetsError) return cause
  if (!(cause instanceof GcsRefusal)) return objectStoreFailure("unreachable", url, toldByFetch(cause), cause)
  const { status, reason, message } = cause
  const why = [reason, message].filter(text => text !== "").join(": ")
  if (status === 404) return objectStoreFailure("bucket", url, why || "notFound", cause)
  if (!cause.isPassing && (status === 401 || status === 403)) return objectStoreFailure("refused", url, why, cause)
  return storeAnswered(url, { doing, status, why }, cause)
}
