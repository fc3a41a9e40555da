import type { GoogleAuth } from "google-auth-library"
import { AssetsError } from "../errors/assets-error.ts"
import { objectStoreFailure } from "./object-store-failure.ts"
import { toldByFetch } from "./told-by-fetch.ts"

type Variables = { readonly [name: string]: string | undefined }

/** What is asked in the place of Google's own store, without credentials: the variable of Google's clients. */
export function gcsEmulator(env: Variables = process.env): string | undefined {
  const host = env.STORAGE_EMULATOR_HOST
  if (!host) return undefined
  return (host.includes("://") ? host : `http://${host}`).replace(/\/+$/, "")
}

export function gcsEndpoint(env: Variables = process.env): string {
  return gcsEmulator(env) ?? "https://storage.googleapis.com"
}

let made: { readonly state: string; readonly auth: Promise<GoogleAuth> } | undefined

/**
 * What a request has to carry by the credentials that Google's own order finds: `GOOGLE_APPLICATION_CREDENTIALS`, the file
 * of `gcloud auth application-default login`, the service account of this machine. Nothing for an emulator.
 * @throws StorageError `STORAGE_ACCESS_REFUSED`, `STORAGE_UNREACHABLE`
 */
export async function gcsHeaders(url: string): Promise<Headers> {
  if (gcsEmulator() !== undefined) return new Headers()
  try {
    return await (await googleAuth()).getRequestHeaders()
  } catch (error) {
    throw credentialFailure(error, url)
  }
}

/** The one of this process, for the variables as they are now. It keeps a token until shortly before its end. */
function googleAuth(): Promise<GoogleAuth> {
  const state = JSON.stringify(
    Object.entries(process.env)
      .filter(([name]) => /^(GOOGLE_|GCLOUD_|CLOUDSDK_|GCE_METADATA_|METADATA_SERVER_)/.test(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  if (made?.state !== state) made = { state, auth: makeAuth() }
  return made.auth
}

async function makeAuth(): Promise<GoogleAuth> {
  const { GoogleAuth } = await import("google-auth-library")
  return new GoogleAuth({
    scopes: ["https://www.googleapis.com/auth/devstorage.read_write"],
    // Objects belong to buckets, and nothing asks for a project; where there is none, gcloud is started to find one.
    projectId: "none",
  })
}

interface AuthError {
  readonly message?: string
  readonly code?: string | number
  readonly status?: number
  readonly response?: { readonly status?: number }
}

function credentialFailure(cause: unknown, url: string): AssetsError {
  if (cause instanceof AssetsError) return cause
  const { message = String(cause), code, status, response } = cause as AuthError // each field may be missing
  // Whoever gives out tokens knows these credentials, and does not accept them.
  if ((response?.status ?? status) !== undefined) return objectStoreFailure("refused", url, message, cause)
  const isNetwork = typeof code === "string" && /^(ECONN|ENOTFOUND|EAI_|EHOST|ENETUNREACH|ETIMEDOUT)/.test(code)
  return objectStoreFailure(isNetwork ? "unreachable" : "credentials", url, toldByFetch(cause), cause)
}
