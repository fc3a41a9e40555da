import { createRequire } from "node:module"
import type { Cron } from "croner"

let croner: typeof import("croner") | undefined

/**
 * A cron expression read against a wall clock without a zone.
 * croner is loaded here and not at the top, since most projects have no cron expression.
 *
 * @throws TypeError from croner for an expression that is none
 */
export function parseCron(expression: string): Cron {
  croner ??= createRequire(import.meta.url)("croner") as typeof import("croner") // require() knows no types
  return new croner.Cron(expression, { utcOffset: 0, mode: "5-part" })
}

/** Says what is wrong with a cron expression; undefined for a good one. */
export function cronFault(expression: unknown): string | undefined {
  if (typeof expression !== "string") return "it is not text"
  try {
    return parseCron(expression).nextRun(new Date(0)) ? undefined : "no date ever fits it"
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^Cron\w*: /, "") : String(error)
  }
}
