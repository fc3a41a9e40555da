import { type AnchorHTMLAttributes, type MouseEvent, useMemo, useSyncExternalStore } from "react"

export interface Location {
  readonly path: string
  readonly search: URLSearchParams
}

const listeners = new Set<() => void>()
const tell = () => {
  for (const listener of listeners) listener()
}
addEventListener("popstate", tell)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const href = () => location.pathname + location.search

/** The address that the page shows; a component that uses it follows it. */
export function useLocation(): Location {
  const current = useSyncExternalStore(subscribe, href)
  return useMemo(() => {
    const url = new URL(current, location.origin)
    return { path: url.pathname, search: url.searchParams }
  }, [current])
}

/** Goes to an address of the page. `replace` leaves no step in the history: for filters that change while one types. */
export function navigate(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (to === href()) return
  if (replace) history.replaceState(null, "", to)
  else history.pushState(null, "", to)
  tell()
}

/** One value of the query string, and its setter. An empty value leaves the address. */
export function useSearchParam(name: string, fallback = ""): readonly [string, (value: string) => void] {
  const { search } = useLocation()
  const set = (value: string) => {
    const url = new URL(location.href)
    if (value === fallback || value === "") url.searchParams.delete(name)
    else url.searchParams.set(name, value)
    navigate(url.pathname + url.search, { replace: true })
  }
  return [search.get(name) ?? fallback, set]
}

/** A link within the page. Opening it in a new tab works as in any link. */
export function Link({
  href: to,
  onClick,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const newTab = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0
    if (event.defaultPrevented || newTab) return
    event.preventDefault()
    navigate(to)
    scrollTo(0, 0)
  }
  return <a href={to} onClick={follow} {...rest} />
}

export const runPath = (id: string) => `/runs/${encodeURIComponent(id)}`
/** Slashes stay: the address reads as the key. */
export const assetPath = (key: string) => `/assets/${key.split("/").map(encodeURIComponent).join("/")}`
