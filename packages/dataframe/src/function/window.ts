import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type AggregateForm, type FunctionEntry, type TypeRule, windowed } from "./function-entry.ts"
import { castOf, unified } from "./implicit-cast.ts"
import { arg } from "./printed-call.ts"
import { any, argument, int, sameAsFirst, takes } from "./signature.ts"
import { sql } from "./sql-fragment.ts"

/** Spark counts rows as int, DuckDB as bigint. */
function counted(name: string): AggregateForm {
  return call => castTo(call.aggregate(name, call.args), types.int32)
}

/** `lag(x, offset, default)`: the default takes the type of x. */
const shiftRule: TypeRule = (args, name) => {
  const cast = takes([any, int, any], sameAsFirst, { optional: 2 })(args, name).args
  const [value, offset, otherwise] = cast
  if (!value || !offset || !otherwise) return { args: cast, type: argument(cast, 0).type }
  const [same, other] = unified([value, otherwise], name)
  return { args: [same ?? value, offset, castOf(other ?? otherwise, argument(cast, 0).type)], type: value.type }
}

function shifted(name: string): AggregateForm {
  return call => call.aggregate(name, [sql`${arg(call, 0)} IGNORE NULLS`, ...call.args.slice(1)])
}

function sparkShifted(name: string): AggregateForm {
  return call => call.aggregate(name, call.args, { after: sql` IGNORE NULLS` })
}

const rank = takes([], types.int32)
const share = takes([], types.float64)
const unstable = { stability: "unstable" } as const
const nth = (args: readonly Expression[]): DataType => argument(args, 0).type

/** Functions that need OVER. */
export const windowFunctions = {
  row_number: windowed(rank, counted("row_number"), unstable),
  rank: windowed(rank, counted("rank")),
  dense_rank: windowed(rank, counted("dense_rank")),
  percent_rank: windowed(share, "percent_rank"),
  cume_dist: windowed(share, "cume_dist"),
  ntile: windowed(takes([int], types.int32), counted("ntile"), unstable),
  lag: windowed(shiftRule, "lag", unstable),
  lag_ignore_nulls: windowed(shiftRule, shifted("lag"), { ...unstable, spark: sparkShifted("lag") }),
  lead: windowed(shiftRule, "lead", unstable),
  lead_ignore_nulls: windowed(shiftRule, shifted("lead"), { ...unstable, spark: sparkShifted("lead") }),
  nth_value: windowed(takes([any, int], nth), "nth_value", unstable),
} satisfies { readonly [name: string]: FunctionEntry }
