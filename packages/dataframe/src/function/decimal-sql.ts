import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import { decimal } from "../schema/decimal-type.ts"
import { type DecimalType, isDecimal } from "../schema/type-family.ts"
import { sameType } from "../schema/type-name.ts"
import { cutProduct } from "./cut-product.ts"
import { maxDigits, narrowUnits, scaled, unscaled } from "./decimal-units.ts"
import { castTo } from "./duckdb-type.ts"
import type { PrintedCall } from "./function-entry.ts"
import { isWideArithmetic, narrowDecimal, narrowDigits, nines, pointed } from "./narrow-decimal.ts"
import { arg, input, once, powerOfTen } from "./printed-call.ts"
import { unsupported } from "./signature.ts"
import { type Sql, sql, textLiteral } from "./sql-fragment.ts"

export function decimalTypeOf(type: DataType): DecimalType {
  if (!isDecimal(type)) throw new Error("A decimal was expected. Please report this.")
  return type
}

type Operation = Pick<PrintedCall, "args" | "inputs" | "type">

function operands(call: Operation): readonly [DecimalType, DecimalType] {
  return [decimalTypeOf(input(call, 0).type), decimalTypeOf(input(call, 1).type)]
}

/** Makes DuckDB compute in 128 bits when the result may need it: of 64 bits it makes 64 bits, which then overflow. */
function widened(operand: Sql, type: DecimalType, result: number, other: DecimalType): Sql {
  const fits = result <= narrowDigits || type.precision > narrowDigits || other.precision > narrowDigits
  return fits ? operand : castTo(operand, decimal(narrowDigits + 1, type.scale))
}

/** `a + b` and `a - b`, exact, then cut to Spark's type. */
export function decimalSum(call: Operation, operator: "+" | "-"): Sql {
  const [a, b] = operands(call)
  const scale = Math.max(a.scale, b.scale)
  const precision = Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1
  const left = widened(arg(call, 0), a, precision, b)
  const sum = operator === "+" ? sql`(${left} + ${arg(call, 1)})` : sql`(${left} - ${arg(call, 1)})`
  const native = decimal(Math.min(precision, maxDigits), scale)
  return left === arg(call, 0) && sameType(native, call.type) ? sum : cutTo(sum, native.scale, call.type)
}

/** `a * b`, exact, then cut to Spark's type. In 64 bits where the values fit. */
export function decimalProduct(call: PrintedCall): Sql {
  const [a, b] = operands(call)
  if (a.scale + b.scale > maxDigits) {
    const why = `decimals with ${a.scale} and ${b.scale} digits after the point have a product with more than 38`
    throw unsupported("*", `Two ${why}.`, "Cast one of them to fewer digits after the point.")
  }
  const product: Expression = { kind: "call", name: "*", args: call.inputs, type: call.type }
  const small = narrowDecimal(product, call.print)
  if (!small) return wideProduct(call)
  const wide = wideDecimal(product, call.print)
  return sql`CASE WHEN ${small.fits} THEN ${castTo(small.value, call.type)} ELSE ${wide} END`
}

function wideProduct(call: Operation): Sql {
  const [a, b] = operands(call)
  const type = decimalTypeOf(call.type)
  if (type.scale < a.scale + b.scale) return cutProduct(arg(call, 0), arg(call, 1), [a, b], type)
  return castTo(sql`(${widened(arg(call, 0), a, a.precision + b.precision, b)} * ${arg(call, 1)})`, type)
}

/** A cast to fewer digits after the point: of 18 digits in all in 64 bits, since DuckDB divides 128 bits bit by bit. */
function cutTo(value: Sql, scale: number, type: DataType): Sql {
  if (decimalTypeOf(type).scale >= scale || scale > narrowDigits) return castTo(value, type)
  const narrow = decimal(narrowDigits, scale)
  const most = castTo(textLiteral(nines(narrowDigits, scale)), narrow)
  return once(
    value,
    v =>
      sql`CASE WHEN ${v} BETWEEN -${most} AND ${most} THEN ${castTo(castTo(v, narrow), type)} ELSE ${castTo(v, type)} END`,
  )
}

/** Decimal arithmetic with as many digits as the types say, whatever the values. */
export function wideDecimal(e: Expression, print: (e: Expression) => Sql): Sql {
  if (!isWideArithmetic(e)) return print(e)
  const call: Operation = { args: e.args.map(part => wideDecimal(part, print)), inputs: e.args, type: e.type }
  return e.name === "*" ? wideProduct(call) : decimalSum(call, e.name === "+" ? "+" : "-")
}

/** `round_half_up(n × 10^shift ÷ d)` for whole numbers, where n has at most `digits` digits. */
export function dividedHalfUp(n: Sql, d: Sql, shift: number, digits: number, divisorDigits: number): Sql {
  if (digits + shift <= maxDigits && divisorDigits < maxDigits) {
    const scaledUp = shift === 0 ? n : sql`${n} * CAST(${powerOfTen(shift)} AS HUGEINT)`
    return sql`spark_divide_half_up(${scaledUp}, ${d})`
  }
  return sql`spark_divide_long(${n}, ${d}, CAST(${textLiteral(`1${"0".repeat(shift)}`)} AS HUGEINT))`
}

/** Whether the digits of a decimal, shifted to a whole number, fit into 64 bits. */
function isNarrow(type: DecimalType): boolean {
  return type.precision + type.scale <= narrowDigits && type.precision < narrowDigits
}

/**
 * `round_half_up(n × 10^shift ÷ d)` units of the last digit as a decimal, by long division in 64 bits, as many digits at
 * a time as leave room for the divisor: DuckDB divides 128 bits bit by bit, which costs 200 times as much.
 */
function dividedNarrow(n: Sql, d: Sql, shift: number, divisorDigits: number, type: DecimalType): Sql {
  const wide = shift > narrowDigits ? sql`HUGEINT` : sql`BIGINT`
  let fraction = sql`CAST(0 AS ${wide})`
  let rest = sql`${n} % ${d}`
  let left = shift
  for (; left > narrowDigits - divisorDigits; left -= narrowDigits - divisorDigits) {
    const unit = powerOfTen(narrowDigits - divisorDigits)
    fraction = sql`(${fraction} * ${unit} + ${rest} * ${unit} // ${d})`
    rest = sql`${rest} * ${unit} % ${d}`
  }
  const away = sql`CASE WHEN (${n} < 0) = (${d} < 0) THEN 1 ELSE -1 END`
  const last = sql`(${rest} * 2 * ${powerOfTen(left)} // ${d} + ${away}) // 2`
  const digits = left < shift ? sql`${fraction} * ${powerOfTen(left)} + ${last}` : last
  const unit = (power: number) => {
    const precision = Math.max(power + 1, type.scale)
    return castTo(textLiteral(pointed(`1${"0".repeat(power)}`, type.scale)), decimal(precision, type.scale))
  }
  // The last digit may carry to one more than the shift has.
  const whole = sql`${castTo(sql`${n} // ${d}`, decimal(narrowDigits + 1, 0))} * ${unit(shift)}`
  return castTo(sql`${whole} + ${castTo(digits, decimal(Math.max(shift + 1, narrowDigits), 0))} * ${unit(0)}`, type)
}

/** `a / b`, rounded half up to Spark's scale, in whole numbers. The caller keeps zero away. */
export function decimalDivide(a: Sql, b: Sql, call: PrintedCall): Sql {
  const [left, right] = operands(call)
  const type = decimalTypeOf(call.type)
  const shift = type.scale - left.scale + right.scale
  if (isNarrow(left) && isNarrow(right))
    return dividedNarrow(narrowUnits(a, left), narrowUnits(b, right), shift, right.precision, type)
  return scaled(dividedHalfUp(unscaled(a, left), unscaled(b, right), shift, left.precision, right.precision), type)
}

/** `a div b`: truncated toward zero. */
export function decimalDiv(a: Sql, b: Sql, call: PrintedCall): Sql {
  const [left, right] = operands(call)
  const scale = Math.max(left.scale, right.scale)
  const fits = (type: DecimalType) => isNarrow(type) && type.precision + scale - type.scale <= narrowDigits
  const units = fits(left) && fits(right) ? narrowUnits : unscaled
  const whole = (value: Sql, type: DecimalType) => {
    const missing = scale - type.scale
    return missing === 0 ? units(value, type) : sql`(${units(value, type)} * ${powerOfTen(missing)})`
  }
  return sql`CAST(${whole(a, left)} // ${whole(b, right)} AS BIGINT)`
}
