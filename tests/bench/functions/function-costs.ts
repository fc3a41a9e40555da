import { writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { rewrites } from "../../../packages/dataframe/src/function/function-rewrites.ts"
import { aliases } from "../../../packages/dataframe/src/function/function-table.ts"
import type { Expression } from "../../../packages/dataframe/src/plan/expression.ts"
import { childrenOf } from "../../../packages/dataframe/src/plan/walk-expression.ts"
import { limitText } from "./cost-limit.ts"
import type { Measurement } from "./measure-functions.ts"

/** What `npm run bench -- functions --write` stores: by function, the case that is nearest to its limit or most over. */
export interface FunctionCosts {
  readonly measured: string
  readonly rows: number
  readonly functions: { readonly [name: string]: FunctionCost }
}

export interface FunctionCost {
  readonly case: string
  /** Nanoseconds a value. */
  readonly ours: number
  readonly naive?: number
  readonly limit: string
}

export const costsFile = new URL("../function-costs.json", import.meta.url)

export function writeCosts(measurements: readonly Measurement[], rows: number): void {
  const found = new Map<string, Measurement>()
  for (const m of measurements) {
    const name = functionOf(m)
    const former = found.get(name)
    if (!former || share(m) > share(former)) found.set(name, m)
  }
  const functions = Object.fromEntries(
    [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, m]) => [name, costOf(m)]),
  )
  const machine = `${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`
  const costs: FunctionCosts = { measured: `${new Date().toISOString().slice(0, 10)} on ${machine}`, rows, functions }
  writeFileSync(costsFile, linesOf(costs))
}

/** A line for each function where it fits, as the formatter has it. */
function linesOf({ measured, rows, functions }: FunctionCosts): string {
  const lines = Object.entries(functions).map(([name, cost]) => {
    const fields = Object.entries(cost).map(([field, value]) => `"${field}": ${JSON.stringify(value)}`)
    const line = `    ${JSON.stringify(name)}: { ${fields.join(", ")} }`
    return line.length < 120 ? line : `    ${JSON.stringify(name)}: {\n      ${fields.join(",\n      ")}\n    }`
  })
  return `{
  "measured": ${JSON.stringify(measured)},
  "rows": ${rows},
  "functions": {
${lines.join(",\n")}
  }
}
`
}

function share({ cost, allowed }: Measurement): number {
  return cost.ours / allowed
}

function costOf({ measured, cost, limit }: Measurement): FunctionCost {
  const naive = cost.naive === undefined ? {} : { naive: rounded(cost.naive) }
  return { case: measured.case.id, ours: rounded(cost.ours), ...naive, limit: limitText(limit) }
}

function rounded(value: number): number {
  return Number(value.toFixed(value < 10 ? 1 : 0))
}

/** The name in the function table of what a case is about. */
function functionOf({ measured: { case: c, plan } }: Measurement): string {
  const called = callsIn(plan.expression)
  const name = c.fn.replace(/\(.*$/, "")
  const own = String(aliases[name] ?? name)
  return called.includes(own) || rewrites[own] ? own : (called[0] ?? c.fn)
}

function callsIn(e: Expression): readonly string[] {
  const own = e.kind === "call" || e.kind === "aggregate" ? [e.name] : []
  return [...own, ...childrenOf(e).flatMap(callsIn)]
}
