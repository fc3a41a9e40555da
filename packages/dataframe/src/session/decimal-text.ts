const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?$/

/** The whole number that a decimal is, its point taken away; undefined when it does not fit without rounding. */
export function unscaledDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const found = decimalPattern.exec(text)
  if (!found) return undefined
  const [, sign = "", whole = "", fraction = ""] = found
  if (whole === "" && fraction === "") return undefined
  const kept = fraction.length <= scale ? fraction.padEnd(scale, "0") : shortened(fraction, scale)
  if (kept === undefined) return undefined
  const digits = whole + kept
  // up to 15 digits a number is exact, and quicker than a bigint
  const value = BigInt(digits.length <= 15 ? Number(digits) : digits)
  if (digits.length > precision && value >= 10n ** BigInt(precision)) return undefined
  return sign === "-" ? -value : value
}

/** A fraction without the zeros at its end; undefined when more digits than `scale` remain. */
function shortened(fraction: string, scale: number): string | undefined {
  return /^0*$/.test(fraction.slice(scale)) ? fraction.slice(0, scale) : undefined
}

/** The text of a decimal with all digits of its scale. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0")
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
