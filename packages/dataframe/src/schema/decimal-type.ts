import type { DataType } from "./data-type.ts"
import type { DecimalType } from "./type-family.ts"

const maxPrecision = 38
/** Digits after the point that a result keeps when its precision has to be cut to 38. */
const minAdjustedScale = 6

export function decimal(precision: number, scale: number): DecimalType {
  return { kind: "decimal", precision, scale }
}

/** Cuts precision and scale to 38 each. */
export function boundedDecimal(precision: number, scale: number): DecimalType {
  return decimal(Math.min(precision, maxPrecision), Math.min(scale, maxPrecision))
}

/** Spark's `adjustPrecisionScale`: too many digits cost the scale, but not below 6. */
function adjusted(precision: number, scale: number): DecimalType {
  if (precision <= maxPrecision) return decimal(precision, scale)
  const kept = Math.max(maxPrecision - (precision - scale), Math.min(scale, minAdjustedScale))
  return decimal(maxPrecision, kept)
}

/** The decimal that holds every value of a whole number type. */
export function decimalOfIntegral(type: DataType): DecimalType {
  switch (type.kind) {
    case "int8":
      return decimal(3, 0)
    case "int16":
      return decimal(5, 0)
    case "int32":
      return decimal(10, 0)
    default:
      return decimal(20, 0)
  }
}

/** The decimal that holds every value of both, for `coalesce`, `case`, comparison. */
export function commonDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale)
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale)
  if (whole + scale <= maxPrecision) return decimal(whole + scale, scale)
  return decimal(maxPrecision, Math.max(0, scale - (whole + scale - maxPrecision)))
}

/** Result types of arithmetic on decimals. Source: Spark's `DecimalPrecision`. */
export const decimalResult = {
  "+": (a: DecimalType, b: DecimalType) => {
    const scale = Math.max(a.scale, b.scale)
    return adjusted(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)
  },
  "*": (a: DecimalType, b: DecimalType) => adjusted(a.precision + b.precision + 1, a.scale + b.scale),
  "/": (a: DecimalType, b: DecimalType) => {
    const scale = Math.max(minAdjustedScale, a.scale + b.precision + 1)
    return adjusted(a.precision - a.scale + b.scale + scale, scale)
  },
  "%": (a: DecimalType, b: DecimalType) => {
    const scale = Math.max(a.scale, b.scale)
    return adjusted(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale)
  },
} as const

/** Type of `round`, `ceil` and `floor` with a scale. Source: Spark's `RoundBase`. */
export function roundedDecimal(type: DecimalType, scale: number): DecimalType {
  const whole = type.precision - type.scale + 1
  if (scale < 0) return decimal(Math.min(Math.max(whole, 1 - scale), maxPrecision), 0)
  const kept = Math.min(type.scale, scale)
  return decimal(Math.min(whole + kept, maxPrecision), kept)
}
