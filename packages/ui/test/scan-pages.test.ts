import { describe, expect, test } from "vitest"
import { scanPages } from "../src/api/scan-pages.ts"

/** Items 1 to `count`, read as a log is. */
function scan(count: number, options: { after?: number; limit: number; wanted?: (item: number) => boolean }) {
  let reads = 0
  const result = scanPages<number, number>({
    read: (after = 0, limit) => {
      reads++
      return Array.from({ length: Math.max(0, Math.min(limit, count - after)) }, (_, i) => after + 1 + i)
    },
    cursorOf: item => item,
    after: options.after,
    wanted: options.wanted,
    limit: options.limit,
  })
  return { ...result, reads }
}

describe("scanPages", () => {
  test("gives a page, and the cursor of the next while there is one", () => {
    expect(scan(5, { limit: 2 })).toEqual({ items: [1, 2], next: 2, reads: 1 })
    expect(scan(5, { limit: 2, after: 2 })).toEqual({ items: [3, 4], next: 4, reads: 1 })
    expect(scan(5, { limit: 2, after: 4 })).toEqual({ items: [5], next: null, reads: 1 })
  })

  test("has no next page when the last item fills the page", () => {
    expect(scan(4, { limit: 2, after: 2 })).toMatchObject({ items: [3, 4], next: null })
    expect(scan(0, { limit: 2 })).toMatchObject({ items: [], next: null })
  })

  test("gives every wanted item once, over its pages", () => {
    const found: number[] = []
    let after: number | undefined
    for (;;) {
      const { items, next } = scan(5000, { limit: 3, wanted: n => n % 700 === 0, ...(after && { after }) })
      found.push(...items)
      if (next === null) break
      after = next
    }
    expect(found).toEqual([700, 1400, 2100, 2800, 3500, 4200, 4900])
  })

  test("ends a look for rare items early, with a cursor to go on from", () => {
    const { items, next } = scan(100_000, { limit: 50, wanted: () => false })
    expect(items).toEqual([])
    expect(next).toBe(500)
  })
})
