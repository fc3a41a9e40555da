import type { ReactNode } from "react"

/** What a view shows when it has nothing, and what to do about it. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** A command that can be typed as it stands. */
export function Command({ children }: { readonly children: string }) {
  const copy = () => void navigator.clipboard?.writeText(children)
  return (
    <span className="command">
      <span className="prompt" aria-hidden="true">
        $
      </span>
      <code>{children}</code>
      <button type="button" className="text-button" onClick={copy} aria-label={`Copy the command ${children}`}>
        Copy
      </button>
    </span>
  )
}
