import type { Expression } from "../plan/expression.ts"
import * as types from "../schema/type-family.ts"

// What an argument was before the type rule made it a double.

/** Whether it can be NaN or infinite: not when it was a whole number or a decimal. */
export function mayBeSpecial(e: Expression): boolean {
  if (e.kind === "cast") return types.isFloating(e.input.type) || e.input.type.kind === "string"
  return true
}
