import { useState } from "react"

type Theme = "auto" | "light" | "dark"
const KEY = "assets-theme"
const order: readonly Theme[] = ["auto", "light", "dark"]

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === "light" || value === "dark" ? value : "auto"
  } catch {
    return "auto" // storage is switched off in this browser
  }
}

function apply(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

/** Sets the theme that was chosen before; to be called before the first paint. */
export function restoreTheme(): void {
  apply(stored())
}

const icons: { readonly [T in Theme]: string } = {
  auto: "M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13",
  light:
    "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 .8v1.700M8 13.500v1.700M.8 8h1.700M13.500 8h1.700M2.900 2.900l1.200 1.200M11.900 11.900l1.200 1.200M13.100 2.900l-1.200 1.200M4.100 11.900l-1.200 1.200",
  dark: "M13.500 9.800A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300z",
}

/** Goes round: as the system, light, dark. */
export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>(stored)
  const next = order[(order.indexOf(theme) + 1) % order.length] ?? "auto"
  const change = () => {
    try {
      if (next === "auto") localStorage.removeItem(KEY)
      else localStorage.setItem(KEY, next)
    } catch {
      // Storage is switched off: the choice holds until the page is left.
    }
    apply(next)
    setTheme(next)
  }
  const label = `Theme: ${theme === "auto" ? "as the system" : theme}. Switch to ${next === "auto" ? "the system's" : next}.`
  return (
    <button type="button" className="icon-button" onClick={change} aria-label={label} title={label}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" className={`theme-${theme}`}>
        <path d={icons[theme]} />
      </svg>
    </button>
  )
}
