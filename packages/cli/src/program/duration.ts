import { InvalidArgumentError } from "commander"

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const

/** Reads a length of time, such as `30d`, as milliseconds. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d+)([smhdw])$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError("It has to be a number with s, m, h, d or w, such as 30d.")
  return Number(count) * units[unit as keyof typeof units] // what the pattern lets through
}
