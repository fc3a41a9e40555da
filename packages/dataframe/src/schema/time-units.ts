/** Microseconds of the units of time that have always the same length. */
export const unitMicros: { readonly [unit: string]: number } = {
  microsecond: 1,
  millisecond: 1_000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
  day: 86_400_000_000,
  week: 604_800_000_000,
}
