/** The whole number that a decimal is, its point taken away; undefined when it does not fit without rounding. */
export function unscaledDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const found = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text)
  if (!found || !/\d/.test(text)) return undefined
  const [, sign = "", whole = "", fraction = ""] = found
  if (fraction.length > scale || whole.length > precision - scale) return undefined
  const digits = BigInt(`${whole}${fraction.padEnd(scale, "0")}` || "0")
  return sign === "-" ? -digits : digits
}

/** The text of a decimal with all digits of its scale. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0")
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
