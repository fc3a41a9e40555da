import type { DataType as ArrowType, Bool, Float64, Int32, Int64, Utf8 } from "apache-arrow/type"
import type { BooleanColumn, Column } from "./column.ts"
import { unresolvedOf } from "./column-expression.ts"
import { call, column } from "./function-call.ts"
import { literalAs } from "./plan/literal.ts"
import { parseExpression } from "./plan/parse-expression.ts"
import { typeFrom } from "./schema/arrow-type.ts"
import type {
  AnyLiteral,
  Common,
  CommonOf,
  Floating,
  LiteralType,
  Numeric,
  NumericOperand,
  Operand,
  OperandType,
  TypedColumn,
} from "./schema/type-rules.ts"

/**
 * A literal: 1 is int, 1.5 double, 1n bigint, a Date timestamp. With a type it is a value of that type, exactly:
 * `lit("9.99", t.decimal(5, 2))`. Give the type of a number that is not written out.
 */
export function lit<const V extends AnyLiteral, T extends ArrowType = LiteralType<V>>(
  value: V,
  type?: T,
): Column<NoInfer<T>> {
  return column(type === undefined ? unresolvedOf(value) : literalAs(value, typeFrom(type)))
}

/**
 * A Spark SQL expression as text, of the type given: it is cast where it is of another.
 * @throws FrameError `FRAME_EXPRESSION_SYNTAX` with the place
 */
export function expr<T extends ArrowType>(text: string, type: T): Column<T> {
  return column({ kind: "cast", input: parseExpression(text), type: typeFrom(type), mode: "ansi" })
}

/** A `when` that may get more branches. Without `otherwise` it is null where no condition is true. */
export type CaseColumn<T extends ArrowType> = Column<T> & {
  when<const V extends TypedColumn | AnyLiteral>(
    condition: TypedColumn<Bool> | boolean,
    value: V,
  ): CaseColumn<Common<T, OperandType<V>>>
  otherwise<const V extends TypedColumn | AnyLiteral>(value: V): Column<Common<T, OperandType<V>>>
}

/** The value of the first condition that is true: `when(f.n.gt(9), "many").when(f.n.gt(1), "some").otherwise("few")`. */
export function when<const V extends TypedColumn | AnyLiteral>(
  condition: TypedColumn<Bool> | boolean,
  value: V,
): CaseColumn<OperandType<V>> {
  const branch = [unresolvedOf(condition), unresolvedOf(value)] as const
  // the class has `when` and `otherwise`, too
  return column({ kind: "case", branches: [branch] }) as unknown as CaseColumn<OperandType<V>>
}

/** The first value that is not null. */
export function coalesce<T extends ArrowType, const R extends readonly Operand<T>[]>(
  first: TypedColumn<T>,
  ...rest: R
): Column<CommonOf<T, R>> {
  return call("coalesce", first, ...rest)
}

export function isnull(value: TypedColumn): BooleanColumn {
  return call<Bool>("isnull", value)
}

export function isnan(value: TypedColumn<Floating>): BooleanColumn {
  return call<Bool>("isnan", value)
}

/** Null where both are equal, else the first. */
export function nullif<T extends ArrowType>(value: TypedColumn<T>, other: Operand<T>): Column<T> {
  return call("nullif", value, other)
}

/** The second where the first is null. */
export function nvl<T extends ArrowType, const O extends Operand<T>>(
  value: TypedColumn<T>,
  other: O,
): Column<Common<T, OperandType<O>>> {
  return call("nvl", value, other)
}

/** The greatest of at least two values, nulls left out. */
export function greatest<T extends ArrowType, const R extends readonly [Operand<T>, ...Operand<T>[]]>(
  first: TypedColumn<T>,
  ...rest: R
): Column<CommonOf<T, R>> {
  return call("greatest", first, ...rest)
}

/** The least of at least two values, nulls left out. */
export function least<T extends ArrowType, const R extends readonly [Operand<T>, ...Operand<T>[]]>(
  first: TypedColumn<T>,
  ...rest: R
): Column<CommonOf<T, R>> {
  return call("least", first, ...rest)
}

/** The second where the first is NaN. */
export function nanvl(value: TypedColumn<Floating>, other: NumericOperand): Column<Float64> {
  return call("nanvl", value, other)
}

/** The second where the first is not null, else the third. */
export function nvl2<T extends ArrowType, const O extends Operand<T>>(
  test: TypedColumn,
  value: TypedColumn<T>,
  other: O,
): Column<Common<T, OperandType<O>>> {
  return call("nvl2", test, value, other)
}

export function isnotnull(value: TypedColumn): BooleanColumn {
  return call<Bool>("isnotnull", value)
}

/** Whether both are equal, two nulls counted as such. */
export function equalNull<T extends ArrowType>(value: TypedColumn<T>, other: Operand<T>): BooleanColumn {
  return call<Bool>("equal_null", value, other)
}

/** Null where the value is 0. */
export function nullifzero<T extends Numeric>(value: TypedColumn<T>): Column<T> {
  return call("nullifzero", value)
}

/** 0 where the value is null. */
export function zeroifnull<T extends Numeric>(value: TypedColumn<T>): Column<Common<T, Int32>> {
  return call("zeroifnull", value)
}

/** From 0 to 1, another for each row and each run. */
export function rand(): Column<Float64> {
  return call("rand")
}

/** Another text for each row and each run. */
export function uuid(): Column<Utf8> {
  return call("uuid")
}

/** A number for each row, growing and not without gaps; another for each run. */
export function monotonicallyIncreasingId(): Column<Int64> {
  return call("monotonically_increasing_id")
}

export { nvl as ifnull }
