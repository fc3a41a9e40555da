import type { ConformanceCase, ConformanceOutcome } from "./io-manager/storage-case.ts"

/** How the cases ended for one IO manager, by case; `failed` for those that rejected. */
export interface ConformanceResult {
  readonly ioManager: string
  readonly outcomes: ReadonlyMap<ConformanceCase, ConformanceOutcome | "failed">
}

const marks = { passed: "pass", failed: "failed", "not offered": "–" } as const

/**
 * Returns the outcome of each case for each IO manager as a table of text, and the counts below it. `–` stands for
 * "not offered", a blank for what was not run.
 */
export function conformanceTable(cases: readonly ConformanceCase[], results: readonly ConformanceResult[]): string {
  const rows = cases.map(one => [
    one.theme,
    one.name,
    ...results.map(({ outcomes }) => {
      const outcome = outcomes.get(one)
      return outcome ? marks[outcome] : ""
    }),
  ])
  const heads = ["", `${cases.length} cases`, ...results.map(({ ioManager }) => ioManager)]
  const counts = (outcome: keyof typeof marks, text: string) => [
    "",
    text,
    ...results.map(({ outcomes }) => String([...outcomes.values()].filter(one => one === outcome).length)),
  ]
  const totals = [counts("passed", "pass"), counts("not offered", "– not offered"), counts("failed", "failed")]
  const all = [heads, ...rows, ...totals]
  const widths = heads.map((_, i) => Math.max(...all.map(cells => [...(cells[i] ?? "")].length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd()
  const rule = widths.map(width => "-".repeat(width)).join("  ")
  return [line(heads), rule, ...rows.map(line), rule, ...totals.map(line)].join("\n")
}
