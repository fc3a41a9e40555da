import type { ReactNode } from "react"
import type { ErrorView } from "../api/api-view.ts"
import { ApiError } from "./api-client.ts"

/** An error as the terminal tells it: what happened, why, and what mends it. */
export function ErrorBlock({ error, title }: { readonly error: unknown; readonly title?: ReactNode }) {
  const { code, what, why, fix } = errorView(error)
  const stack = stackOf(error)
  return (
    <section className="error" role="alert" aria-label={code || "Error"}>
      <p className="error-head">
        {title}
        {code && <code className="error-code">{code}</code>}
      </p>
      <p className="error-what">{what}</p>
      {why && (
        <p>
          <span className="error-label">Why</span>
          <span className="error-text">{why}</span>
        </p>
      )}
      {fix && (
        <p>
          <span className="error-label">Fix</span>
          <span className="error-text">{fix}</span>
        </p>
      )}
      {stack && (
        <details>
          <summary>Stack</summary>
          <pre>{stack}</pre>
        </details>
      )}
    </section>
  )
}

/** Where the user's code threw, as the event log keeps it. */
function stackOf(error: unknown): string | undefined {
  const details = (error as { readonly details?: { readonly stack?: unknown } } | null)?.details
  return typeof details?.stack === "string" ? details.stack : undefined
}

/** Reads an error of the server, of the event log (`AssetsError.toJSON`), or of this page. */
function errorView(error: unknown): ErrorView {
  if (error instanceof ApiError) return error.view
  const record = typeof error === "object" && error !== null ? (error as { readonly [name: string]: unknown }) : {}
  const text = (name: string) => (typeof record[name] === "string" ? record[name] : "")
  const what = text("what") || text("message") || (typeof error === "string" ? error : "It failed without a message.")
  return { code: text("code"), what, why: text("why"), fix: text("fix") }
}
