export interface Scan<Item, Cursor> {
  /** Gives the items after a cursor, in order. */
  readonly read: (after: Cursor | undefined, limit: number) => readonly Item[]
  readonly cursorOf: (item: Item) => Cursor
  readonly after: Cursor | undefined
  /** Which items to give; all when left out. */
  readonly wanted?: ((item: Item) => boolean) | undefined
  readonly limit: number
}

/** How many items are read at a time, and looked at for one answer, when only some are wanted. */
const CHUNK = 500
const AT_MOST = 2000

/**
 * Gives the next items that are wanted, and the cursor to go on from, null at the end.
 * An answer with fewer items than asked for, or none, may still have a next page: the look ends after some thousand
 * items, so that a rare word does not hold the server.
 */
export function scanPages<Item, Cursor>(scan: Scan<Item, Cursor>): { items: Item[]; next: Cursor | null } {
  const items: Item[] = []
  const chunk = scan.wanted ? CHUNK : scan.limit + 1
  let cursor = scan.after
  for (let seen = 0; seen < AT_MOST; seen += chunk) {
    const found = scan.read(cursor, chunk)
    for (const item of found) {
      if (items.length === scan.limit) return { items, next: cursor ?? null }
      cursor = scan.cursorOf(item)
      if (!scan.wanted || scan.wanted(item)) items.push(item)
    }
    if (found.length < chunk) return { items, next: null }
  }
  return { items, next: cursor ?? null }
}
