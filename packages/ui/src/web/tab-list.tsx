import type { KeyboardEvent } from "react"

interface TabListProps {
  readonly label: string
  readonly tabs: readonly { readonly value: string; readonly label: string }[]
  readonly value: string
  readonly onChange: (value: string) => void
  /** Id of the element that shows the chosen tab's content. */
  readonly panel: string
}

/** Tabs as the ARIA pattern has them: one stop of the tab key, the arrows choose. */
export function TabList({ label, tabs, value, onChange, panel }: TabListProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0
    const at = tabs.findIndex(tab => tab.value === value)
    const next = by === 0 ? undefined : tabs[(at + by + tabs.length) % tabs.length]
    if (!next) return
    event.preventDefault()
    onChange(next.value)
    document.getElementById(`tab-${next.value}`)?.focus()
  }
  return (
    <div className="tab-list" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(tab => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          id={`tab-${tab.value}`}
          tabIndex={tab.value === value ? 0 : -1}
          aria-selected={tab.value === value}
          aria-controls={panel}
          onClick={() => onChange(tab.value)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  )
}
