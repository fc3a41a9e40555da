import * as types from "../schema/type-family.ts"
import { type FunctionEntry, scalar } from "./function-entry.ts"
import { bigint, takes } from "./signature.ts"
import { sql } from "./sql-fragment.ts"

/** Another answer each time: not comparable between engines, and never taken from an earlier run. */
export const randomFunctions = {
  rand: scalar(takes([bigint], types.float64, { optional: 1 }), () => sql`random()`, { stability: "volatile" }),
  uuid: scalar(takes([], types.string), () => sql`CAST(uuid() AS VARCHAR)`, { stability: "volatile" }),
  current_timezone: scalar(takes([], types.string), () => sql`current_setting('TimeZone')`),
  // Unique, and growing with the rows as they come; that is all that Spark promises, too.
  monotonically_increasing_id: scalar(takes([], types.int64), () => sql`(row_number() OVER () - 1)`, {
    stability: "volatile",
  }),
} satisfies { readonly [name: string]: FunctionEntry }
