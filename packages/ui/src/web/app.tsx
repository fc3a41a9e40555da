import { useEffect } from "react"
import { AssetPage } from "./assets/asset-page.tsx"
import { AssetsPage } from "./assets/assets-page.tsx"
import { EmptyState } from "./empty-state.tsx"
import { useKeyboard } from "./keyboard.ts"
import { assetPath, Link, navigate, useLocation } from "./router.tsx"
import { RunPage } from "./run/run-page.tsx"
import { RunsPage } from "./runs/runs-page.tsx"
import { useServer } from "./server-query.ts"
import { ThemeToggle } from "./theme.tsx"

export function App() {
  const { path } = useLocation()
  useKeyboard()
  useEffect(() => {
    if (path === "/") navigate("/runs", { replace: true })
  }, [path])
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <Header path={path} />
      <main id="main" tabIndex={-1}>
        <Page path={path} />
      </main>
    </>
  )
}

function Header({ path }: { readonly path: string }) {
  const { data: server } = useServer()
  const tab = (to: string, label: string) => (
    <Link
      href={to}
      className="tab"
      aria-current={path === to ? "page" : path.startsWith(`${to}/`) ? "true" : undefined}
    >
      {label}
    </Link>
  )
  return (
    <header className="header">
      <Link href="/runs" className="brand" aria-label="Assets, runs">
        <Mark />
        <span className="brand-name">Assets</span>
      </Link>
      {server && (
        <span className="project" title={server.project}>
          {server.project}
        </span>
      )}
      <nav className="tabs" aria-label="Views">
        {tab("/runs", "Runs")}
        {tab("/assets", "Assets")}
      </nav>
      <span className="spacer" />
      {server?.readOnly && (
        <span className="hint" title="Nothing can be started from this page.">
          Read-only
        </span>
      )}
      <ThemeToggle />
    </header>
  )
}

function Page({ path }: { readonly path: string }) {
  const [, view, ...rest] = path.split("/")
  const id = rest.map(decode).join("/")
  if (path === "/" || (view === "runs" && id === "")) return <RunsPage />
  if (view === "runs") return <RunPage key={id} id={id} />
  if (view === "assets" && id === "") return <AssetsPage />
  if (view === "assets") return <AssetPage key={assetPath(id)} assetKey={id} />
  return (
    <EmptyState title="There is no such page">
      <p>
        Go to <Link href="/runs">runs</Link> or <Link href="/assets">assets</Link>.
      </p>
    </EmptyState>
  )
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a percent sign that somebody typed
  }
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" className="mark" aria-hidden="true">
      <path d="M7.500 7.200 11 15m5.500-7.800L13 15" />
      <circle cx="6.500" cy="5" r="2.600" className="mark-full" />
      <circle cx="17.500" cy="5" r="2.600" />
      <circle cx="12" cy="18.200" r="3" className="mark-full" />
    </svg>
  )
}
