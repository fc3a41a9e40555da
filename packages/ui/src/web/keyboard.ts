import { useEffect } from "react"
import { navigate } from "./router.tsx"

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** The page's keys: `/` searches, `j` and `k` (or the arrows) walk a list, `g` then `r` or `a` changes the view. */
export function useKeyboard(): void {
  useEffect(() => {
    let goPressedAt = 0
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const search = document.querySelector<HTMLInputElement>("[data-search]")
      if (isTyping(event.target)) {
        // From the search into its results.
        if (event.target === search && event.key === "ArrowDown" && moveFocus(1)) event.preventDefault()
        if (event.target === search && event.key === "Escape") search?.blur()
        return
      }
      const going = event.timeStamp - goPressedAt < 1000
      goPressedAt = event.key === "g" ? event.timeStamp : 0
      if (going && event.key === "r") navigate("/runs")
      else if (going && event.key === "a") navigate("/assets")
      else if (event.key === "/" && search) {
        search.focus()
        search.select()
      } else if (event.key === "j" || event.key === "ArrowDown") {
        if (!moveFocus(1)) return
      } else if (event.key === "k" || event.key === "ArrowUp") {
        if (!moveFocus(-1)) return
      } else return
      event.preventDefault()
    }
    addEventListener("keydown", onKey)
    return () => removeEventListener("keydown", onKey)
  }, [])
}

/** Moves the focus to the next or former row of the list; to the first one when none has it. */
function moveFocus(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")]
  const at = rows.indexOf(document.activeElement as HTMLElement) // not in the list: -1
  const next = at === -1 ? rows[0] : rows[at + by]
  if (!next) return at !== -1
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: "nearest" })
  return true
}
