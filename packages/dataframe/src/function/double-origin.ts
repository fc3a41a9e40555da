import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import type { PrintedAggregate } from "./function-entry.ts"
import { arg, input } from "./printed-call.ts"
import type { Sql } from "./sql-fragment.ts"

// What an argument was before the type rule made it a double.

/** Whether it can be NaN or infinite: not when it was a whole number or a decimal. */
export function mayBeSpecial(e: Expression): boolean {
  if (e.kind === "cast") return types.isFloating(e.input.type) || e.input.type.kind === "string"
  return true
}

/** The decimals that an argument was made of. */
export function decimalsOf(call: PrintedAggregate, index: number): Sql | undefined {
  return castFrom(call, index, types.isDecimal)
}

/** The whole numbers that an argument was made of; else the argument. DuckDB compares them in a third of the time. */
export function wholesOf(call: PrintedAggregate, index: number): Sql {
  return castFrom(call, index, types.isIntegral) ?? arg(call, index)
}

function castFrom(call: PrintedAggregate, index: number, fits: (type: DataType) => boolean): Sql | undefined {
  const e = input(call, index)
  return e.kind === "cast" && fits(e.input.type) ? call.print(e.input) : undefined
}
