import { Fragment, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react"
import { RowGroup } from "./grid-table.tsx"

export interface VirtualListProps<T> {
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  /** Draws a row; it is as high as the list's `--row-height`. `index` counts from 0. */
  readonly children: (item: T, index: number) => ReactNode
  /** Called when the last rows come near, for lists that are read page by page. */
  readonly onEnd?: (() => void) | undefined
}

/** Rows that are drawn above and below the window, so that walking with the keyboard never leaves the drawn ones. */
const MARGIN = 12

/**
 * Draws those rows of a long list that can be seen, in the page's own scroll: find-in-page, the keyboard and the
 * address bar of phones work as in a short one. All rows have the height that CSS gives as `--row-height`.
 */
export function VirtualList<T>({ items, keyOf, children, onEnd }: VirtualListProps<T>) {
  const ref = useRef<HTMLDivElement>(null)
  const { from, to, height } = useWindowedRows(ref, items.length)

  useEffect(() => {
    if (items.length > 0 && to >= items.length - MARGIN) onEnd?.()
  }, [to, items.length, onEnd])

  return (
    <RowGroup ref={ref} className="rows" style={{ height: items.length * height }}>
      <div role="presentation" className="rows-window" style={{ transform: `translateY(${from * height}px)` }}>
        {items.slice(from, to).map((item, i) => (
          <Fragment key={keyOf(item)}>{children(item, from + i)}</Fragment>
        ))}
      </div>
    </RowGroup>
  )
}

interface Rows {
  readonly from: number
  readonly to: number
  readonly height: number
}

function useWindowedRows(ref: RefObject<HTMLElement | null>, count: number): Rows {
  const [rows, setRows] = useState<Rows>({ from: 0, to: Math.min(count, 40), height: 44 })

  useLayoutEffect(() => {
    const measure = () => {
      const list = ref.current
      if (!list) return
      const height = Number.parseFloat(getComputedStyle(list).getPropertyValue("--row-height")) || 44
      const top = -list.getBoundingClientRect().top
      // Steps of several rows, so that a small scroll draws nothing anew.
      const from = Math.max(0, Math.floor(top / height / 4) * 4 - MARGIN)
      const to = Math.min(count, Math.ceil((top + innerHeight) / height / 4) * 4 + MARGIN)
      setRows(old => (old.from === from && old.to === to && old.height === height ? old : { from, to, height }))
    }
    measure()
    addEventListener("scroll", measure, { passive: true })
    addEventListener("resize", measure)
    // What stands above the list may grow and push it down.
    const grown = new ResizeObserver(measure)
    grown.observe(document.body)
    return () => {
      grown.disconnect()
      removeEventListener("scroll", measure)
      removeEventListener("resize", measure)
    }
  }, [ref, count])

  return { ...rows, from: Math.min(rows.from, count), to: Math.min(Math.max(rows.to, 0), count) }
}
