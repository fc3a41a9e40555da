import { FrameError } from "../errors/frame-error.ts"
import { nearestNames } from "../errors/nearest-names.ts"
import type { FunctionEntry } from "../function/function-entry.ts"
import { rewrites } from "../function/function-rewrites.ts"
import { aliases, functionTable } from "../function/function-table.ts"
import { castOf, implicitCast, mismatch } from "../function/implicit-cast.ts"
import { isCastable } from "../schema/castable.ts"
import { commonTypeOf } from "../schema/common-type.ts"
import type { DataType } from "../schema/data-type.ts"
import { boolean, float64, int32, int64, string, voidType } from "../schema/type-family.ts"
import { sameType, typeName } from "../schema/type-name.ts"
import type { Expression, LiteralValue, SortKey, Unresolved } from "./expression.ts"
import { resolveColumn, type Scope } from "./resolve-column.ts"
import { resolveHigherOrder } from "./resolve-lambda.ts"
import { restrictAggregates } from "./restrict-aggregates.ts"

export type { Scope } from "./resolve-column.ts"

/** A lambda's parameters, by lower-case name; they hide columns. */
export type Variables = ReadonlyMap<string, Extract<Expression, { kind: "variable" }>>
export type Resolve = (unresolved: Unresolved, variables?: Variables) => Expression

const none: Variables = new Map()

/**
 * Binds the names of an expression to the columns of a scope, finds the type of each part by Spark's ANSI rules, and
 * writes every implicit cast out.
 *
 * @throws FrameError `FRAME_COLUMN_UNKNOWN`, `FRAME_COLUMN_AMBIGUOUS`, `FRAME_TYPE_MISMATCH`, `FRAME_FUNCTION_UNKNOWN`,
 * `FRAME_ARGUMENT_INVALID`, `FRAME_UNSUPPORTED`
 */
export function resolveExpression(unresolved: Unresolved, scope: Scope): Expression {
  return resolve(unresolved, scope, none)
}

function resolve(node: Unresolved, scope: Scope, variables: Variables): Expression {
  const inner: Resolve = (child, more = variables) => resolve(child, scope, more)
  switch (node.kind) {
    case "column":
      return (node.side ? undefined : variables.get(node.name.toLowerCase())) ?? resolveColumn(node, scope)
    case "literal":
      return { kind: "literal", value: node.value, type: node.type ?? literalType(node.value) }
    case "parameter":
      return { kind: "parameter", name: node.name, type: node.type }
    case "call":
      return resolveCall(node, inner, variables)
    case "cast":
      return resolveCast(inner(node.input), node.type, node.mode)
    case "case":
      return resolveCase(node, inner)
    case "window":
      return resolveWindow(node, inner, variables)
    case "alias":
      return inner(node.input)
    case "variable":
      return resolveVariable(node.name, variables)
    case "lambda":
      throw misplaced("A lambda", "stands where no function takes one", "Give it to transform, filter or exists.")
    case "restricted":
      return restrictAggregates(inner(node.input), asCondition(inner(node.where), "pivot"))
    case "generated":
      throw misplaced(
        "explode()",
        "makes rows, and is no value",
        "Give it a name in a select, and use that in the next.",
      )
    case "sort":
      throw misplaced("asc() or desc()", "is not a value", "Use it in orderBy.")
  }
}

/** Spark's type for a literal that comes without one: a JavaScript number with a fraction is a double. */
function literalType(value: LiteralValue): DataType {
  if (value === null) return voidType
  if (typeof value === "boolean") return boolean
  if (typeof value === "string") return string
  if (!Number.isInteger(value)) return float64
  if (value >= -(2 ** 31) && value < 2 ** 31) return int32
  return Number.isSafeInteger(value) ? int64 : float64
}

function resolveVariable(name: string, variables: Variables): Expression {
  const variable = variables.get(name.toLowerCase())
  if (!variable) throw misplaced(`The variable '${name}'`, "is used outside of its lambda", "Use it inside.")
  return variable
}

function misplaced(what: string, why: string, fix: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", { what: `${what} cannot be used here.`, why: `It ${why}.`, fix })
}

type Call = Extract<Unresolved, { kind: "call" }>

function resolveCall(node: Call, inner: Resolve, variables: Variables, hasOver = false): Expression {
  const given = node.name.toLowerCase()
  const name = aliases[given] ?? given
  const rewritten = rewrites[name]?.(node.args, name)
  if (rewritten) return inner(rewritten)
  const entry = entryOf(name)
  const args = resolveHigherOrder(name, node.args, inner, variables) ?? node.args.map(arg => inner(arg))
  const resolution = entry.types(args, name)
  if (entry.kind === "scalar") {
    if (node.distinct || node.where) {
      throw misplaced("DISTINCT or FILTER", `belongs to aggregates, and '${name}' is none`, "Take it away.")
    }
    return { kind: "call", name, args: resolution.args, type: resolution.type }
  }
  if (entry.kind === "window" && !hasOver) {
    throw misplaced(`The window function '${name}'`, "needs a window", `Write ${name}(…).over(window).`)
  }
  for (const arg of resolution.args) refuseNested(arg, name)
  const where = node.where && asCondition(inner(node.where), "FILTER")
  return {
    kind: "aggregate",
    name,
    args: resolution.args,
    distinct: node.distinct ?? false,
    ...(where ? { where } : {}),
    type: resolution.type,
  }
}

/** The row of the function table. @throws FrameError `FRAME_FUNCTION_UNKNOWN` with the nearest names */
function entryOf(name: string): FunctionEntry {
  // The table is indexed by any text here: a name that it lacks is the user's mistake.
  const entry = Object.hasOwn(functionTable, name)
    ? (functionTable as { [name: string]: FunctionEntry })[name]
    : undefined
  if (entry) return entry
  const names = [...Object.keys(functionTable), ...Object.keys(aliases), ...Object.keys(rewrites)]
  const nearest = nearestNames(name, names)
  throw new FrameError("FRAME_FUNCTION_UNKNOWN", {
    what: `There is no function '${name}'.`,
    why: "It is not one of the functions that have the same meaning on every engine.",
    fix: nearest.length > 0 ? `Did you mean ${nearest.map(n => `'${n}'`).join(" or ")}?` : "Build it from others.",
    details: { function: name, nearest },
  })
}

function refuseNested(arg: Expression, name: string): void {
  if (arg.kind === "aggregate") {
    throw misplaced(`The aggregate '${arg.name}'`, `is an argument of the aggregate '${name}'`, "Aggregate twice.")
  }
}

function resolveCast(input: Expression, type: DataType, mode: "ansi" | "try"): Expression {
  if (!isCastable(input.type, type)) {
    throw new FrameError("FRAME_TYPE_MISMATCH", {
      what: `${typeName(input.type)} cannot be cast to ${typeName(type)}.`,
      why: "Spark, in ANSI mode, has no such cast.",
      fix: "Cast by way of another type, or compute the value.",
      details: { from: typeName(input.type), to: typeName(type) },
    })
  }
  if (sameType(input.type, type)) return input
  return { kind: "cast", input, mode, type }
}

function asCondition(input: Expression, place: string): Expression {
  const condition = input.type.kind === "string" ? undefined : implicitCast(input, boolean)
  if (!condition) throw mismatch(place, [input], "a condition must be a boolean")
  return condition
}

function resolveCase(node: Extract<Unresolved, { kind: "case" }>, inner: Resolve): Expression {
  const conditions = node.branches.map(([condition]) => asCondition(inner(condition), "WHEN"))
  const values = node.branches.map(([, value]) => inner(value))
  const otherwise = node.otherwise && inner(node.otherwise)
  const all = otherwise ? [...values, otherwise] : values
  const type = commonTypeOf(all.map(v => v.type))
  if (!type) throw mismatch("CASE", all, "they have no type in common")
  const branches = values.map((value, i) => [conditions[i] ?? value, castOf(value, type)] as const)
  return { kind: "case", branches, ...(otherwise ? { otherwise: castOf(otherwise, type) } : {}), type }
}

function resolveWindow(
  node: Extract<Unresolved, { kind: "window" }>,
  inner: Resolve,
  variables: Variables,
): Expression {
  const input = node.input.kind === "call" ? resolveCall(node.input, inner, variables, true) : inner(node.input)
  if (input.kind !== "aggregate") {
    throw misplaced("OVER", "belongs to aggregates and window functions", "Take it away.")
  }
  const orderBy = node.orderBy.map((key): SortKey<Expression> => ({ ...key, expression: inner(key.expression) }))
  const bound = (edge: Unresolved | number | null) => (edge === null || typeof edge === "number" ? edge : inner(edge))
  return {
    kind: "window",
    input,
    partitionBy: node.partitionBy.map(e => inner(e)),
    orderBy,
    ...(node.frame
      ? { frame: { unit: node.frame.unit, start: bound(node.frame.start), end: bound(node.frame.end) } }
      : {}),
    type: input.type,
  }
}
