import type { DataType as ArrowType, Decimal, Float64, Int32, Int64, Utf8 } from "apache-arrow/type"
import type { Column, StringColumn } from "./column.ts"
import { type Count, call } from "./function-call.ts"
import type {
  Arithmetic,
  Integer,
  Numeric,
  NumericOperand,
  OperandType,
  Quotient,
  TypedColumn,
} from "./schema/type-rules.ts"

export function abs<T extends Numeric>(value: TypedColumn<T>): Column<T> {
  return call("abs", value)
}

type Rounded<T> = T extends Decimal ? Decimal : T

/** Half away from zero, to `scale` digits after the point; negative rounds before it. */
export function round<T extends Numeric>(
  value: TypedColumn<T>,
  scale?: number,
): Column<Extract<Rounded<T>, ArrowType>> {
  return call("round", value, scale)
}

type Whole<T> = T extends Decimal ? Decimal : Int64

export function floor<T extends Numeric>(value: TypedColumn<T>): Column<Whole<T>> {
  return call("floor", value)
}

export function ceil<T extends Numeric>(value: TypedColumn<T>): Column<Whole<T>> {
  return call("ceil", value)
}

export function sqrt(value: NumericOperand): Column<Float64> {
  return call("sqrt", value)
}

export function exp(value: NumericOperand): Column<Float64> {
  return call("exp", value)
}

export function pow(base: NumericOperand, exponent: NumericOperand): Column<Float64> {
  return call("pow", base, exponent)
}

/** -1, 0 or 1, as a double. */
export function signum(value: NumericOperand): Column<Float64> {
  return call("signum", value)
}

/** Cube root. */
export function cbrt(value: NumericOperand): Column<Float64> {
  return call("cbrt", value)
}

/** Natural logarithm; null of what is not positive. */
export function ln(value: NumericOperand): Column<Float64> {
  return call("ln", value)
}

/** Logarithm to base 10; null of what is not positive. */
export function log10(value: NumericOperand): Column<Float64> {
  return call("log10", value)
}

/** Logarithm to base 2; null of what is not positive. */
export function log2(value: NumericOperand): Column<Float64> {
  return call("log2", value)
}

/** Of radians. */
export function sin(value: NumericOperand): Column<Float64> {
  return call("sin", value)
}

/** Of radians. */
export function cos(value: NumericOperand): Column<Float64> {
  return call("cos", value)
}

/** Of radians. */
export function tan(value: NumericOperand): Column<Float64> {
  return call("tan", value)
}

/** In radians. */
export function asin(value: NumericOperand): Column<Float64> {
  return call("asin", value)
}

/** In radians. */
export function acos(value: NumericOperand): Column<Float64> {
  return call("acos", value)
}

/** In radians. */
export function atan(value: NumericOperand): Column<Float64> {
  return call("atan", value)
}

/** Hyperbolic sine. */
export function sinh(value: NumericOperand): Column<Float64> {
  return call("sinh", value)
}

/** Hyperbolic cosine. */
export function cosh(value: NumericOperand): Column<Float64> {
  return call("cosh", value)
}

/** Hyperbolic tangent. */
export function tanh(value: NumericOperand): Column<Float64> {
  return call("tanh", value)
}

/** Radians as degrees. */
export function degrees(value: NumericOperand): Column<Float64> {
  return call("degrees", value)
}

/** Degrees as radians. */
export function radians(value: NumericOperand): Column<Float64> {
  return call("radians", value)
}

/** Half to even, as a double. */
export function rint(value: NumericOperand): Column<Float64> {
  return call("rint", value)
}

/** Angle of the point (x, y), in radians. */
export function atan2(y: NumericOperand, x: NumericOperand): Column<Float64> {
  return call("atan2", y, x)
}

/** From 0 to 20; null of other numbers. */
export function factorial(value: TypedColumn<Integer>): Column<Int64> {
  return call("factorial", value)
}

/** The rest of a division, never negative for a positive divisor. */
export function pmod<T extends Numeric, const O extends NumericOperand>(
  value: TypedColumn<T>,
  divisor: O,
): Column<Arithmetic<T, OperandType<O>>> {
  return call("pmod", value, divisor)
}

/** Whole numbers: what overflows is told by null for these alone. */
type WholeOperand = TypedColumn<Integer> | number | bigint

/** A sum of whole numbers; null where it overflows. */
export function tryAdd<T extends Integer, const O extends WholeOperand>(
  value: TypedColumn<T>,
  other: O,
): Column<Arithmetic<T, OperandType<O>>> {
  return call("try_add", value, other)
}

/** A difference of whole numbers; null where it overflows. */
export function trySubtract<T extends Integer, const O extends WholeOperand>(
  value: TypedColumn<T>,
  other: O,
): Column<Arithmetic<T, OperandType<O>>> {
  return call("try_subtract", value, other)
}

/** A product of whole numbers; null where it overflows. */
export function tryMultiply<T extends Integer, const O extends WholeOperand>(
  value: TypedColumn<T>,
  other: O,
): Column<Arithmetic<T, OperandType<O>>> {
  return call("try_multiply", value, other)
}

/** A quotient; null where the divisor is 0. */
export function tryDivide<T extends Numeric, const O extends NumericOperand>(
  value: TypedColumn<T>,
  divisor: O,
): Column<Quotient<T, OperandType<O>>> {
  return call("try_divide", value, divisor)
}

/** Half to the even neighbour, to `scale` digits after the point; negative rounds before it. */
export function bround<T extends Numeric>(
  value: TypedColumn<T>,
  scale?: number,
): Column<Extract<Rounded<T>, ArrowType>> {
  return call("bround", value, scale)
}

/** The bits moved to the left; what falls off the end is lost. */
export function shiftleft<T extends Integer>(
  value: TypedColumn<T>,
  by: Count,
): Column<T extends Int64 ? Int64 : Int32> {
  return call("shiftleft", value, by)
}

/** The bits moved to the right, the sign kept. */
export function shiftright<T extends Integer>(
  value: TypedColumn<T>,
  by: Count,
): Column<T extends Int64 ? Int64 : Int32> {
  return call("shiftright", value, by)
}

/** The number of the bucket, from 1, of an even division of `min` to `max`; 0 below it, `buckets + 1` above. */
export function widthBucket(
  value: NumericOperand,
  min: NumericOperand,
  max: NumericOperand,
  buckets: TypedColumn<Integer> | number,
): Column<Int64> {
  return call("width_bucket", value, min, max, buckets)
}

/** The natural logarithm, or that to a base: `log(2, f.n)`; null of what is not positive. */
export function log(valueOrBase: NumericOperand, value?: NumericOperand): Column<Float64> {
  return call("log", valueOrBase, value)
}

/** `ln(1 + x)`, exact near 0. */
export function log1p(value: NumericOperand): Column<Float64> {
  return call("log1p", value)
}

/** `exp(x) - 1`, exact near 0. */
export function expm1(value: NumericOperand): Column<Float64> {
  return call("expm1", value)
}

/** The root of the sum of the squares. */
export function hypot(a: NumericOperand, b: NumericOperand): Column<Float64> {
  return call("hypot", a, b)
}

export function asinh(value: NumericOperand): Column<Float64> {
  return call("asinh", value)
}

export function acosh(value: NumericOperand): Column<Float64> {
  return call("acosh", value)
}

export function atanh(value: NumericOperand): Column<Float64> {
  return call("atanh", value)
}

export function cot(value: NumericOperand): Column<Float64> {
  return call("cot", value)
}

export function pi(): Column<Float64> {
  return call("pi")
}

/** Euler's number. */
export function e(): Column<Float64> {
  return call("e")
}

/** How many bits are set. */
export function bitCount(value: TypedColumn<Integer>): Column<Int32> {
  return call("bit_count", value)
}

/** The number in binary digits. */
export function bin(value: TypedColumn<Integer>): StringColumn {
  return call<Utf8>("bin", value)
}

/** The rest of a division; null where the divisor is 0. */
export function tryMod<T extends Numeric, const O extends NumericOperand>(
  value: TypedColumn<T>,
  divisor: O,
): Column<Arithmetic<T, OperandType<O>>> {
  return call("try_mod", value, divisor)
}

export function negative<T extends Numeric>(value: TypedColumn<T>): Column<T> {
  return call("negative", value)
}

export function positive<T extends Numeric>(value: TypedColumn<T>): Column<T> {
  return call("positive", value)
}

export { ceil as ceiling, pow as power, signum as sign }
