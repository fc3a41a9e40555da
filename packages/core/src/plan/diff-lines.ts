/** Lines above which a difference is not aligned: it would cost their product. */
const LIMIT = 500

/** Returns the lines in which the plan that made what is stored differs from the present one, where both are known. */
export function planDiff(before: string | undefined, after: string | undefined): readonly string[] | undefined {
  return before === undefined || after === undefined ? undefined : diffLines(before, after)
}

/** Returns the lines in which two texts differ, `- ` before and `+ ` after, in order; the lines they share are left out. */
export function diffLines(before: string, after: string): string[] {
  const a = before.split("\n")
  const b = after.split("\n")
  if (a.length > LIMIT || b.length > LIMIT) return [`- ${a.length} lines`, `+ ${b.length} lines`]
  const width = b.length + 1
  // shared[i, j]: how many lines a[i…] and b[j…] have in common, in order.
  const shared = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number) => shared[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      shared[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: string[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++
      j++
    } else if (j === b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`- ${a[i++]}`)
    else lines.push(`+ ${b[j++]}`)
  }
  return lines
}
