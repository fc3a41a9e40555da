import type { ErrorView } from "../api/api-view.ts"

/** What the server refused with, or that it cannot be reached. */
export class ApiError extends Error {
  readonly view: ErrorView
  constructor(view: ErrorView) {
    super(view.what)
    this.name = "ApiError"
    this.view = view
  }
}

type Parameters = { readonly [name: string]: string | number | undefined }

/** The address of an API route; parameters that are empty are left out. */
export function apiPath(path: string, parameters: Parameters = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") search.set(name, String(value))
  }
  return search.size === 0 ? `/api/${path}` : `/api/${path}?${search}`
}

/** Gets an API route. `T` is what the server's own types say that the route gives. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" }, ...(signal && { signal }) }).catch(
    (cause: Error) => {
      if (signal?.aborted) throw cause
      throw new ApiError(unreachable)
    },
  )
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok && body !== undefined) return body as T // the route's type, held by the server's own type check
  throw new ApiError(isErrorView(body) ? body : { ...unreachable, why: `It answered ${response.status} without JSON.` })
}

const unreachable: ErrorView = {
  code: "SERVER_UNREACHABLE",
  what: "The server does not answer.",
  why: "It was stopped, or the connection to it is lost.",
  fix: "Start it again with 'assets dev'. This page goes on by itself.",
}

function isErrorView(body: unknown): body is ErrorView {
  return typeof body === "object" && body !== null && "code" in body && "what" in body
}
