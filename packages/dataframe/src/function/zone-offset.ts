import type { PrintedCall } from "./function-entry.ts"
import { arg, input } from "./printed-call.ts"
import { literalOf } from "./signature.ts"
import { type Sql, sql } from "./sql-fragment.ts"

// DuckDB knows zones by their names alone, and Spark by a distance from UTC, too.

/** Seconds that a zone such as `+05:30` or `GMT-3` is before UTC; undefined for one with a name, or of a column. */
function offsetOf(call: PrintedCall, index: number): number | undefined {
  const zone = literalOf(input(call, index))
  const [, sign, hours, minutes = "0"] = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::(\d\d))?$/.exec(String(zone)) ?? []
  return sign === undefined ? undefined : (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

/** The clock of the zone that is an argument, at an instant. */
export function wallIn(call: PrintedCall, index: number, instant: Sql): Sql {
  const offset = offsetOf(call, index)
  if (offset === undefined) return sql`timezone(${arg(call, index)}, ${instant})`
  return sql`(timezone('UTC', ${instant}) + to_seconds(${offset}))`
}

/** The instant at which the clock of the zone that is an argument shows a time. */
export function instantIn(call: PrintedCall, index: number, wall: Sql): Sql {
  const offset = offsetOf(call, index)
  if (offset === undefined) return sql`spark_local_to_ts(${wall}, ${arg(call, index)})`
  return sql`timezone('UTC', ${wall} - to_seconds(${offset}))`
}
