import { InvalidArgumentError } from "commander"

/** Reads the value of an option that counts something. */
export function positiveInteger(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It has to be a whole number from 1 on.")
  return value
}
