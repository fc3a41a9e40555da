import { FrameError } from "../errors/frame-error.ts"
import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import type { TypeRule } from "./function-entry.ts"
import { implicitCast, mismatch, unified } from "./implicit-cast.ts"

/** What an argument may be: gives it with its implicit cast, or undefined. */
export interface Parameter {
  readonly label: string
  readonly accept: (input: Expression) => Expression | undefined
}

function ofType(label: string, type: DataType): Parameter {
  return { label, accept: input => implicitCast(input, type) }
}

function where(label: string, test: (type: DataType) => boolean, fallback: DataType): Parameter {
  return { label, accept: input => (test(input.type) ? input : implicitCast(input, fallback)) }
}

export const text = ofType("a string", types.string)
export const int = ofType("an int", types.int32)
export const bigint = ofType("a bigint", types.int64)
export const double = ofType("a double", types.float64)
export const bool: Parameter = {
  label: "a boolean",
  accept: input => (input.type.kind === "string" ? undefined : implicitCast(input, types.boolean)),
}
export const day = ofType("a date", types.date)
export const instant = where("a timestamp", t => t.kind === "timestamp", types.timestamp)
/** A date or a timestamp of either kind; a string is read as a timestamp. */
export const time = where("a date or timestamp", types.isDatetime, types.timestamp)
export const wallClock = where(
  "a timestamp",
  t => t.kind === "timestamp" || t.kind === "timestamp_ntz",
  types.timestamp,
)
export const numeric = where("a number", types.isNumeric, types.float64)
export const integral = where("a whole number", types.isIntegral, types.int64)
export const any: Parameter = { label: "a value", accept: input => input }
export const orderable: Parameter = {
  label: "a value that can be ordered",
  accept: input => (types.isOrderable(input.type) ? input : undefined),
}
export const bytes: Parameter = {
  label: "a binary",
  accept: input => (input.type.kind === "binary" ? input : undefined),
}
export const textOrBytes: Parameter = {
  label: "a string or a binary",
  accept: input => (input.type.kind === "binary" ? input : implicitCast(input, types.string)),
}
export const array: Parameter = {
  label: "an array",
  accept: input => (input.type.kind === "array" ? input : undefined),
}
export const map: Parameter = { label: "a map", accept: input => (input.type.kind === "map" ? input : undefined) }

type Returns = DataType | ((args: readonly Expression[]) => DataType)

export interface Arity {
  /** How many of the parameters, from the last, may be left out. */
  readonly optional?: number
  /** Whether the last parameter may come again. */
  readonly variadic?: boolean
}

/** The rule of a function with a fixed list of parameters. */
export function takes(parameters: readonly Parameter[], returns: Returns, arity: Arity = {}): TypeRule {
  const least = parameters.length - (arity.optional ?? 0)
  return (args, name) => {
    if (args.length < least || (!arity.variadic && args.length > parameters.length)) {
      throw wrongCount(name, args.length, least, arity.variadic ? Number.POSITIVE_INFINITY : parameters.length)
    }
    const cast = args.map((arg, i) => {
      const parameter = parameters[Math.min(i, parameters.length - 1)]
      const accepted = parameter?.accept(arg)
      if (!accepted) throw mismatch(name, args, `number ${i + 1} must be ${parameter?.label}`)
      return accepted
    })
    return { args: cast, type: typeof returns === "function" ? returns(cast) : returns }
  }
}

/** The rule of a function whose arguments are all cast to their common type. */
export function alike(least: number, returns: DataType | "same"): TypeRule {
  return (args, name) => {
    if (args.length < least) throw wrongCount(name, args.length, least, Number.POSITIVE_INFINITY)
    const cast = unified(args, name)
    return { args: cast, type: returns === "same" ? typeOf(cast, 0) : returns }
  }
}

/** The type of an argument. @throws FrameError `FRAME_ARGUMENT_INVALID` when it was left out */
export function typeOf(args: readonly Expression[], index: number): DataType {
  return argument(args, index).type
}

export function argument(args: readonly Expression[], index: number): Expression {
  const arg = args[index]
  if (arg) return arg
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `A function was called with ${args.length} argument${args.length === 1 ? "" : "s"}.`,
    why: `It takes at least ${index + 1}.`,
    fix: "Add the arguments that are missing.",
    details: { given: args.length },
  })
}

export const sameAsFirst = (args: readonly Expression[]): DataType => typeOf(args, 0)

function wrongCount(name: string, given: number, least: number, most: number): FrameError {
  const wanted = most === least ? `${least}` : Number.isFinite(most) ? `${least} to ${most}` : `at least ${least}`
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `'${name}' was called with ${given} argument${given === 1 ? "" : "s"}.`,
    why: `It takes ${wanted}.`,
    fix: "Add or take away arguments.",
    details: { function: name, given },
  })
}

/** The value of a literal, looking through casts that the plan has written out; undefined for anything else. */
export function literalOf(input: Expression): string | number | boolean | null | undefined {
  if (input.kind === "literal") return input.value
  return input.kind === "cast" ? literalOf(input.input) : undefined
}

/** The text of an argument that decides how a call is printed: a format, a pattern, a unit. */
export function requireText(args: readonly Expression[], index: number, name: string, what: string): string {
  const value = literalOf(argument(args, index))
  if (typeof value === "string") return value
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `The ${what} of '${name}' is not a literal.`,
    why: "It decides how the call is printed for each engine, so it must be known when the plan is built.",
    fix: `Write the ${what} as a text.`,
    details: { function: name },
  })
}

/** A whole number that decides the type of a call: the digits of `round`. */
export function requireInteger(args: readonly Expression[], index: number, name: string, what: string): number {
  const value = literalOf(argument(args, index))
  if (typeof value === "number" && Number.isInteger(value)) return value
  if (typeof value === "string" && /^-?\d{1,9}$/.test(value)) return Number(value)
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `The ${what} of '${name}' is not a whole number that is known when the plan is built.`,
    why: "It decides the type of the result.",
    fix: `Write the ${what} as a literal.`,
    details: { function: name },
  })
}

/** What Spark does and no engine's SQL here can: refused on every engine when the plan is built. */
export function unsupported(name: string, why: string, fix: string): FrameError {
  return new FrameError("FRAME_UNSUPPORTED", {
    what: `'${name}' is not supported here.`,
    why,
    fix,
    details: { function: name },
  })
}
