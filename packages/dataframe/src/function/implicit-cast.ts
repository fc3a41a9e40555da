import { FrameError } from "../errors/frame-error.ts"
import type { Expression } from "../plan/expression.ts"
import { commonTypeOf } from "../schema/common-type.ts"
import type { DataType } from "../schema/data-type.ts"
import { isDatetime, isDecimal, isIntegral, isInterval, isNested, isNumeric } from "../schema/type-family.ts"
import { sameType, typeName } from "../schema/type-name.ts"

/** Writes an implicit cast out; nothing when the type is there already. */
export function castOf(input: Expression, type: DataType): Expression {
  if (sameType(input.type, type)) return input
  if (input.kind === "literal" && input.value === null) return { kind: "literal", value: null, type }
  return { kind: "cast", input, mode: "ansi", type }
}

/** Whether Spark, in ANSI mode, casts an argument to the type that a function takes without being told. */
function isImplicit(from: DataType, to: DataType): boolean {
  if (sameType(from, to) || from.kind === "void") return true
  if (isNested(from) || isNested(to) || isInterval(from) || isInterval(to)) return false
  if (from.kind === "string") return to.kind !== "binary"
  if (to.kind === "string") return true
  if (isDatetime(from) && isDatetime(to)) return true
  if (!isNumeric(from) || !isNumeric(to)) return false
  if (isIntegral(from)) return true
  return isDecimal(from)
    ? isDecimal(to) || to.kind === "float64" || to.kind === "float32"
    : !isIntegral(to) && !isDecimal(to)
}

/** The argument as `type`, with the cast that Spark would insert, or undefined. */
export function implicitCast(input: Expression, type: DataType): Expression | undefined {
  return isImplicit(input.type, type) ? castOf(input, type) : undefined
}

/** Casts all to the type that they have in common. @throws FrameError `FRAME_TYPE_MISMATCH` */
export function unified(args: readonly Expression[], name: string): readonly Expression[] {
  const type = commonTypeOf(args.map(a => a.type))
  if (!type) throw mismatch(name, args, "they have no type in common")
  return args.map(a => castOf(a, type))
}

/** A call whose arguments are of the wrong types. */
export function mismatch(name: string, args: readonly Expression[], why: string): FrameError {
  const types = args.map(a => typeName(a.type))
  return new FrameError("FRAME_TYPE_MISMATCH", {
    what: `'${name}' does not take ${types.length === 1 ? types[0] : `(${types.join(", ")})`}.`,
    why: `Of these arguments, ${why}.`,
    fix: "Cast an argument to the type that you mean.",
    details: { function: name, types },
  })
}
