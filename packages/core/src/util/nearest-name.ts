/**
 * The known names closest to a wrong one, the nearest first: at most three, none that would need more than half of it
 * changed, or is much farther than the nearest. Case does not count.
 */
export function nearestNames(wrong: string, known: Iterable<string>): string[] {
  const text = wrong.toLowerCase()
  const most = Math.max(2, Math.floor(text.length / 2))
  const near: { name: string; distance: number }[] = []
  for (const name of known) {
    if (Math.abs(name.length - text.length) > most) continue
    const distance = editDistance(text, name.toLowerCase())
    if (distance <= most) near.push({ name, distance })
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  const best = near[0]?.distance ?? 0
  return near
    .filter(({ distance }) => distance <= best + 1)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** "Did you mean 'a' or 'b'?", or undefined when nothing is near. */
export function didYouMean(wrong: string, known: Iterable<string>): string | undefined {
  const names = nearestNames(wrong, known).map(name => `'${name}'`)
  const last = names.pop()
  if (!last) return undefined
  return `Did you mean ${names.length > 0 ? `${names.join(", ")} or ${last}` : last}?`
}

/** Levenshtein distance; a swap of neighbours counts as one. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, changed)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
