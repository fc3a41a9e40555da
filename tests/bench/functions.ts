import { type GoldenCase, readGolden } from "../parity/golden/golden-file.ts"
import { limitText } from "./functions/cost-limit.ts"
import { writeCosts } from "./functions/function-costs.ts"
import { type Measurement, measureFunctions, type NotMeasured } from "./functions/measure-functions.ts"
import { inputTypes, type MeasuredCase } from "./functions/measured-case.ts"
import type { Line } from "./measure.ts"

const worstShown = 40

export interface FunctionsOptions {
  readonly rows: number
  /** Only the cases whose function, id or category has this text in it. */
  readonly only: string
  /** Stores the figures that the function reference shows. */
  readonly write: boolean
}

/** What DuckDB's form of each function costs against what one would write at first, case by case of the golden file. */
export async function functions({ rows, only, write }: FunctionsOptions): Promise<Line[]> {
  if (only && write) throw new Error("--write stores the figures of all functions: leave --only out.")
  const wanted = (c: GoldenCase) => [c.fn, c.id, c.category].some(text => text.includes(only))
  const measurements: Measurement[] = []
  const left: NotMeasured[] = []
  console.log(`ns a value, ${rows} rows, one thread: naive form, ours, ratio, limit, distinct rows`)
  for await (const each of measureFunctions(readGolden(), { rows, wanted })) {
    if ("why" in each) left.push(each)
    else measurements.push(each)
    console.log("why" in each ? `--   ${titleOf(each.measured)}: not measured, ${each.why}` : lineOf(each))
  }
  if (write) writeCosts(measurements, rows)
  return summary(measurements, left)
}

function titleOf(measured: MeasuredCase): string {
  const { fn, id } = measured.case
  const variant = { row: "", all: ", all rows", group: ", by group" }[measured.each]
  return `${fn} | ${id}${variant} | ${inputTypes(measured).join(", ")}`
}

const ns = (value: number) => value.toFixed(value < 10 ? 1 : 0)

function lineOf(m: Measurement): string {
  const { naive, ours } = m.cost
  const ratio = naive ? `${(ours / naive).toFixed(1)} ×` : "-"
  const beside = m.limit === "other" ? "" : ` (${ns(m.allowed)})`
  const also = !m.holds && naive && naive > m.allowed ? " the naive form too" : ""
  const figures = `${naive === undefined ? "none" : ns(naive)} | ${ns(ours)} | ${ratio} | ${limitText(m.limit)}${beside} | ${m.distinct}`
  return `${m.holds ? "ok  " : "OVER"} ${titleOf(m.measured)} | ${figures}${also}`
}

function summary(measurements: readonly Measurement[], left: readonly NotMeasured[]): Line[] {
  const over = measurements.filter(m => !m.holds).sort((a, b) => b.cost.ours / b.allowed - a.cost.ours / a.allowed)
  console.log(`\nthe worst of those over their limit, ${Math.min(over.length, worstShown)} of ${over.length}:`)
  for (const m of over.slice(0, worstShown))
    console.log(`${(m.cost.ours / m.allowed).toFixed(1)} × the limit: ${lineOf(m)}`)
  const within = measurements.length - over.length
  return [
    {
      what: "forms within their limit",
      figure: `${within} of ${measurements.length}, ${over.length} over, ${left.length} not measured`,
      limit: "3 × everyday, 15 × division of decimals, else 1 µs",
      holds: over.length === 0,
    },
  ]
}
