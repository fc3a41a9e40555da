import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  dateText,
  instantText,
  parseDate,
  parseInstant,
  parseWallClock,
  wallClockText,
} from "../src/schema/temporal-text.ts"

const FIRST_DAY = -90_000_000 // years before 0 and after 9999 have a sign
const LAST_DAY = 90_000_000
const days = fc.integer({ min: FIRST_DAY, max: LAST_DAY })
const micros = fc.bigInt({ min: BigInt(FIRST_DAY) * 86_400_000_000n, max: BigInt(LAST_DAY) * 86_400_000_000n })

describe("times as text", () => {
  test("every date, instant and wall clock is read back as it was written", () => {
    fc.assert(fc.property(days, day => parseDate(dateText(day)) === day))
    fc.assert(fc.property(micros, time => parseInstant(instantText(time)) === time))
    fc.assert(fc.property(micros, time => parseWallClock(wallClockText(time)) === time))
  })

  test("microseconds are kept, also before 1970", () => {
    expect(instantText(-1n)).toBe("1969-12-31T23:59:59.999999Z")
    expect(wallClockText(1n)).toBe("1970-01-01T00:00:00.000001")
    expect(parseInstant("2024-02-29T12:34:56.000001Z")).toBe(1_709_210_096_000_001n)
  })

  test("an instant needs a zone, a wall clock has none", () => {
    expect(parseInstant("2024-01-01T00:00:00")).toBeUndefined()
    expect(parseInstant("2024-01-01T00:00:00+01:30")).toBe(parseInstant("2023-12-31T22:30:00Z"))
    expect(parseInstant("2024-01-01T00:00:00-02")).toBe(parseInstant("2024-01-01T02:00:00Z"))
    expect(parseWallClock("2024-01-01T00:00:00Z")).toBeUndefined()
  })

  test("years before 0 and after 9999 have a sign", () => {
    expect(dateText(parseDate("+012345-01-31") ?? 0)).toBe("+12345-01-31")
    expect(dateText(450_177_623)).toBe("+1234514-06-21")
    expect(dateText(-450_177_623)).toBe("-1230575-07-14")
    expect(dateText(parseDate("-0044-03-15") ?? 0)).toBe("-0044-03-15")
    expect(instantText(parseInstant("+10000-01-01T00:00:00.5+01:00") ?? 0n)).toBe("9999-12-31T23:00:00.500000Z")
    for (const text of ["12345-01-01", "+290001-01-01", "+9999999-01-01", "+12345-02-30"]) {
      expect(parseDate(text)).toBeUndefined()
    }
  })

  test("what is no date or time is not one", () => {
    for (const text of ["2023-02-29", "2024-13-01", "24-01-01", "", "2024-1-1", "today"]) {
      expect(parseDate(text)).toBeUndefined()
    }
    for (const text of ["2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:00.1234567Z", "now"]) {
      expect(parseInstant(text)).toBeUndefined()
    }
  })
})
