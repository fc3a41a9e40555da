import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { type FunctionEntry, scalar, type TypeRule } from "./function-entry.ts"
import { castOf, mismatch } from "./implicit-cast.ts"
import { arg } from "./printed-call.ts"
import { sql } from "./sql-fragment.ts"

type Lambda = Extract<Expression, { kind: "lambda" }>

/** An array and a lambda over its elements. */
function over(parameters: number, returns: (list: Expression, lambda: Lambda) => DataType, isTest = false): TypeRule {
  return (args, name) => {
    const [list, lambda] = args
    if (args.length !== 2 || list?.type.kind !== "array" || lambda?.kind !== "lambda") {
      throw mismatch(name, args, "there must be an array and a lambda")
    }
    if (lambda.parameters.length > parameters) throw mismatch(name, args, `the lambda may take ${parameters}`)
    if (isTest && lambda.type.kind !== "boolean" && lambda.type.kind !== "void") {
      throw mismatch(name, args, "the lambda must give a boolean")
    }
    const body = isTest ? castOf(lambda.body, types.boolean) : lambda.body
    return { args: [list, { ...lambda, body, type: body.type }], type: returns(list, lambda) }
  }
}

const sameArray = (list: Expression): DataType => list.type
const boolean = (): DataType => types.boolean

/** Functions of arrays that take a lambda. */
export const higherOrder = {
  transform: scalar(
    over(2, (_, lambda) => ({ kind: "array", element: lambda.type })),
    call => sql`list_transform(${arg(call, 0)}, ${arg(call, 1)})`,
  ),
  filter: scalar(over(2, sameArray, true), call => sql`list_filter(${arg(call, 0)}, ${arg(call, 1)})`),
  exists: scalar(over(1, boolean, true), call => {
    const found = sql`list_transform(${arg(call, 0)}, ${arg(call, 1)})`
    return sql`CASE WHEN ${arg(call, 0)} IS NULL THEN NULL WHEN list_contains(${found}, TRUE) THEN TRUE WHEN list_count(${found}) < len(${found}) THEN NULL ELSE FALSE END`
  }),
  forall: scalar(over(1, boolean, true), call => {
    const found = sql`list_transform(${arg(call, 0)}, ${arg(call, 1)})`
    return sql`CASE WHEN ${arg(call, 0)} IS NULL THEN NULL WHEN list_contains(${found}, FALSE) THEN FALSE WHEN list_count(${found}) < len(${found}) THEN NULL ELSE TRUE END`
  }),
} satisfies { readonly [name: string]: FunctionEntry }
