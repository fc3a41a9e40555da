export interface Scan<Item, Cursor> {
  /** Gives the items after a cursor, in order. */
  readonly read: (after: Cursor | undefined, limit: number) => readonly Item[]
  readonly cursorOf: (item: Item) => Cursor
  readonly after: Cursor | undefined
  /** Which items to give; all when left out. */
  readonly wanted?: ((item: Item) => boolean) | undefined
  readonly limit: number
}

/** How many items are looked at for one answer, when only some are wanted: some three milliseconds of them. */
const AT_MOST = 500

/**
 * Gives the next items that are wanted, and the cursor to go on from, null at the end.
 * An answer with fewer items than asked for, or none, may still have a next page: the look ends after some hundred
 * items, so that a rare word does not hold the server.
 */
export function scanPages<Item, Cursor>(scan: Scan<Item, Cursor>): { items: Item[]; next: Cursor | null } {
  const items: Item[] = []
  // One more than wanted tells whether there is a next page.
  const limit = scan.wanted ? AT_MOST : scan.limit + 1
  const found = scan.read(scan.after, limit)
  let cursor = scan.after
  for (const item of found) {
    if (items.length === scan.limit) return { items, next: cursor ?? null }
    cursor = scan.cursorOf(item)
    if (!scan.wanted || scan.wanted(item)) items.push(item)
  }
  return { items, next: found.length < limit ? null : (cursor ?? null) }
}
