import { expect, test } from "vitest"
import { truncateInstant } from "../src/plan/truncate-instant.ts"

test.each([
  ["2026-01-07T13:14:15.678Z", "hour", "UTC", "2026-01-07T13:00:00.000Z"],
  ["2026-01-07T13:14:15.678Z", "day", "UTC", "2026-01-07T00:00:00.000Z"],
  ["2026-01-07T13:14:15.678Z", "week", "UTC", "2026-01-05T00:00:00.000Z"],
  ["2026-01-04T13:14:15.678Z", "week", "UTC", "2025-12-29T00:00:00.000Z"], // a Sunday
  ["2026-01-07T13:14:15.678Z", "month", "UTC", "2026-01-01T00:00:00.000Z"],
  ["2026-01-06T23:30:00Z", "day", "Europe/Berlin", "2026-01-06T23:00:00.000Z"],
  ["2026-03-29T12:00:00Z", "day", "Europe/Berlin", "2026-03-28T23:00:00.000Z"], // clocks went forward that night
  ["2026-10-25T12:00:00Z", "day", "Europe/Berlin", "2026-10-24T22:00:00.000Z"], // and back
  ["2026-10-25T12:00:00Z", "month", "Europe/Berlin", "2026-09-30T22:00:00.000Z"],
  ["2026-01-07T13:50:00Z", "hour", "Asia/Kolkata", "2026-01-07T13:30:00.000Z"],
  ["1960-05-05T05:05:05.005Z", "day", "UTC", "1960-05-05T00:00:00.000Z"],
] as const)("%s lies in the %s of %s that starts at %s", (instant, unit, timeZone, start) => {
  expect(truncateInstant(new Date(instant), unit, timeZone).toISOString()).toBe(start)
})
