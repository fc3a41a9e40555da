import * as types from "../schema/type-family.ts"
import { type FunctionEntry, scalar } from "./function-entry.ts"
import { arg } from "./printed-call.ts"
import { alike, any, double, type Parameter, takes } from "./signature.ts"
import { sql } from "./sql-fragment.ts"

const floating: Parameter = {
  label: "a float or double",
  accept: e => (types.isFloating(e.type) ? e : double.accept(e)),
}

/** Nulls, choices, the largest and the smallest. */
export const conditional = {
  coalesce: scalar(alike(1, "same"), "coalesce"),
  greatest: scalar(alike(2, "same"), "greatest"),
  least: scalar(alike(2, "same"), "least"),
  isnull: scalar(takes([any], types.boolean), call => sql`(${arg(call, 0)} IS NULL)`),
  isnotnull: scalar(takes([any], types.boolean), call => sql`(${arg(call, 0)} IS NOT NULL)`),
  isnan: scalar(takes([floating], types.boolean), call => sql`coalesce(isnan(${arg(call, 0)}), FALSE)`),
  nanvl: scalar(
    takes([double, double], types.float64),
    call => sql`CASE WHEN isnan(${arg(call, 0)}) THEN ${arg(call, 1)} ELSE ${arg(call, 0)} END`,
  ),
} satisfies { readonly [name: string]: FunctionEntry }
