import { AssetsError, cron, daily, hourly, monthly, type Partitions, weekly } from "@assets/core"
import fc from "fast-check"
import { describe, expect, test } from "vitest"

/** Keys with their windows in UTC, `2024-01-05 2024-01-05T00:00 2024-01-06T00:00`. */
function windows(partitions: Partitions, now: string): string[] {
  return partitions.keys({ now: new Date(now) }).map(key => {
    const window = partitions.window?.(key)
    return [key, window?.start.toISOString().slice(0, 16), window?.end.toISOString().slice(0, 16)].join(" ")
  })
}
const keys = (partitions: Partitions, now: string) => partitions.keys({ now: new Date(now) })

describe("keys and windows, as Dagster 1.13 gives them", () => {
  test("an hour that clocks show twice is two windows, the second with its offset", () => {
    expect(windows(hourly({ start: "2024-10-27-01:00", timezone: "Europe/Berlin" }), "2024-10-27T03:30Z")).toEqual([
      "2024-10-27-01:00 2024-10-26T23:00 2024-10-27T00:00",
      "2024-10-27-02:00 2024-10-27T00:00 2024-10-27T01:00",
      "2024-10-27-02:00+0100 2024-10-27T01:00 2024-10-27T02:00",
      "2024-10-27-03:00 2024-10-27T02:00 2024-10-27T03:00",
    ])
  })

  test("an hour that clocks leap over is none", () => {
    expect(windows(hourly({ start: "2024-03-31-00:00", timezone: "Europe/Berlin" }), "2024-03-31T02:30Z")).toEqual([
      "2024-03-31-00:00 2024-03-30T23:00 2024-03-31T00:00",
      "2024-03-31-01:00 2024-03-31T00:00 2024-03-31T01:00",
      "2024-03-31-03:00 2024-03-31T01:00 2024-03-31T02:00",
    ])
  })

  test("days have 23, 24 or 25 hours, and one whose start clocks leap over begins at the change", () => {
    expect(windows(daily({ start: "2024-03-30", timezone: "Asia/Beirut" }), "2024-04-02T06:30Z")).toEqual([
      "2024-03-30 2024-03-29T22:00 2024-03-30T22:00",
      "2024-03-31 2024-03-30T22:00 2024-03-31T21:00",
      "2024-04-01 2024-03-31T21:00 2024-04-01T21:00",
    ])
    const early = daily({ start: "2024-03-30", timezone: "Europe/Berlin", hourOffset: 2, minuteOffset: 30 })
    expect(windows(early, "2024-04-01T06:30Z")).toEqual([
      "2024-03-30 2024-03-30T01:30 2024-03-31T01:00",
      "2024-03-31 2024-03-31T01:00 2024-04-01T00:30",
    ])
    expect(windows(daily({ start: "2024-11-02", timezone: "America/Havana" }), "2024-11-04T06:30Z")).toEqual([
      "2024-11-02 2024-11-02T04:00 2024-11-03T04:00",
      "2024-11-03 2024-11-03T04:00 2024-11-04T05:00",
    ])
  })

  test("weeks begin on Sunday, months on their first day, unless offset", () => {
    expect(keys(weekly({ start: "2024-01-01" }), "2024-01-22")).toEqual(["2024-01-07", "2024-01-14"])
    expect(windows(weekly({ start: "2024-01-01", dayOffset: 1, hourOffset: 3 }), "2024-01-10")).toEqual([
      "2024-01-01 2024-01-01T03:00 2024-01-08T03:00",
    ])
    expect(windows(monthly({ start: "2024-01-15", timezone: "America/New_York" }), "2024-04-02")).toEqual([
      "2024-02-01 2024-02-01T05:00 2024-03-01T05:00",
      "2024-03-01 2024-03-01T05:00 2024-04-01T04:00",
    ])
    expect(keys(monthly({ start: "2024-01-15", dayOffset: 15 }), "2024-03-16")).toEqual(["2024-01-15", "2024-02-15"])
  })

  test("end and endOffset bound the keys", () => {
    const four = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
    const january = { start: "2024-01-01" }
    expect(keys(daily({ ...january, end: "2024-01-05" }), "2024-05-02")).toEqual(four)
    expect(keys(daily({ ...january, endOffset: 1 }), "2024-01-04T06:30Z")).toEqual(four)
    expect(keys(daily({ ...january, endOffset: -2 }), "2024-01-07T06:30Z")).toEqual(four)
    expect(keys(daily({ ...january, endOffset: 2, end: "2024-01-05" }), "2024-01-04T06:30Z")).toEqual(four)
    expect(keys(daily({ ...january, endOffset: -1, end: "2024-01-05" }), "2024-01-09T06:30Z")).toEqual(four)
    expect(keys(daily(january), "2024-01-01T23:59:59Z")).toEqual([])
    expect(keys(daily(january), "2024-01-02T00:00:00Z")).toEqual(["2024-01-01"])
  })

  test("windows are excluded by key and by cron expression, and offsets pass over them", () => {
    const workdays = daily({ start: "2024-01-01", exclude: ["0 0 * * 6", "0 0 * * 0", "2024-01-03"] })
    expect(keys(workdays, "2024-01-09T06:00Z")).toEqual([
      "2024-01-01",
      "2024-01-02",
      "2024-01-04",
      "2024-01-05",
      "2024-01-08",
    ])
    const ahead = daily({ start: "2024-01-04", exclude: ["0 0 * * 6", "0 0 * * 0"], endOffset: 1 })
    expect(keys(ahead, "2024-01-06T06:30Z")).toEqual(["2024-01-04", "2024-01-05", "2024-01-08"])
    expect(workdays.has("2024-01-03", { now: new Date("2024-02-01") })).toBe(false)
  })

  test("cron expressions bound windows", () => {
    const half = cron({ cron: "*/30 * * * *", start: "2024-10-27-02:00", timezone: "Europe/Berlin" })
    expect(windows(half, "2024-10-27T02:10Z")).toEqual([
      "2024-10-27-02:00 2024-10-27T00:00 2024-10-27T00:30",
      "2024-10-27-02:30 2024-10-27T00:30 2024-10-27T01:00",
      "2024-10-27-02:00+0100 2024-10-27T01:00 2024-10-27T01:30",
      "2024-10-27-02:30+0100 2024-10-27T01:30 2024-10-27T02:00",
    ])
    const shifts = cron({ cron: "0 6,18 * * 1-5", start: "2024-01-05" })
    expect(windows(shifts, "2024-01-08T19:00Z")).toEqual([
      "2024-01-05-06:00 2024-01-05T06:00 2024-01-05T18:00",
      "2024-01-05-18:00 2024-01-05T18:00 2024-01-08T06:00",
      "2024-01-08-06:00 2024-01-08T06:00 2024-01-08T18:00",
    ])
  })
})

test("a zone that skipped a whole day has no window for it", () => {
  expect(keys(daily({ start: "2011-12-29", timezone: "Pacific/Apia" }), "2012-01-01T12:00Z")).toEqual([
    "2011-12-29",
    "2011-12-31",
    "2012-01-01",
  ])
})

test("has tells keys from other texts, and from windows that are not complete", () => {
  const days = daily({ start: "2024-01-10", timezone: "Europe/Berlin" })
  const now = new Date("2024-01-20T12:00:00Z")
  const known = ["2024-01-10", "2024-01-19", "2024-01-09", "2024-01-20", "2024-1-11", "2024-02-30", "", "x"]
  expect(known.filter(key => days.has(key, { now }))).toEqual(["2024-01-10", "2024-01-19"])
  expect(days.window?.("2030-01-01").start.toISOString()).toBe("2029-12-31T23:00:00.000Z")
  expect(() => days.window?.("2024-02-30")).toThrow(expect.objectContaining({ code: "PARTITION_KEY_UNKNOWN" }))
})

test("keys have the form that is asked for", () => {
  expect(keys(monthly({ start: "2024-01-01", format: "%Y-%m" }), "2024-03-01")).toEqual(["2024-01", "2024-02"])
  const zoned = hourly({ start: "2024-10-27T00:00:00Z", timezone: "Europe/Berlin", format: "%Y%m%dT%H%M%z" })
  expect(keys(zoned, "2024-10-27T02:00Z")).toEqual(["20241027T0200+0200", "20241027T0200+0100"])
})

test("what identifies a rule is canonical", () => {
  expect(daily({ start: "2024-01-01" }).describe()).toEqual(daily({ start: new Date("2024-01-01") }).describe())
  expect(daily({ start: "2024-01-01" }).describe()).not.toEqual(daily({ start: "2024-01-02" }).describe())
})

test.each([
  [() => daily({ start: "soon" }), "start"],
  [() => daily({ start: "2024-02-30" }), "start"],
  [() => daily({ start: "2024-01-02", end: "2024-01-01" }), "ends before"],
  [() => daily({ start: "2024-01-01", timezone: "Europe/Brelin" }), "timezone"],
  [() => daily({ start: "2024-01-01", hourOffset: 24 }), "hourOffset"],
  [() => monthly({ start: "2024-01-01", dayOffset: 31 }), "dayOffset"],
  [() => daily({ start: "2024-01-01", endOffset: 0.5 }), "endOffset"],
  [() => daily({ start: "2024-01-01", format: "%Y-%q" }), "format"],
  [() => hourly({ start: "2024-01-01", format: "%Y-%m-%d" }), "same key"],
  [() => cron({ start: "2024-01-01", cron: "every day" }), "cron expression"],
  [() => cron({ start: "2024-01-01", cron: "0 0 30 2 *" }), "cron expression"],
  [() => daily({ start: "2024-01-01", exclude: ["0 0 * * 9"] }), "cron expression"],
])("a wrong rule carries its fault and throws it: %#", (make, word) => {
  const rule = make()
  expect(rule.fault).toMatchObject({ code: "PARTITIONS_INVALID", message: expect.stringContaining(word) })
  expect(rule.fault?.location?.file).toBe(import.meta.filename)
  expect(() => rule.keys({ now: new Date() })).toThrow(AssetsError)
})

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Havana",
  "Asia/Beirut",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Asia/Kathmandu",
  "Africa/Casablanca",
  "America/Sao_Paulo",
  "Antarctica/Troll",
]

test("windows tile time: each begins where the one before ends, and each key leads back to its window", () => {
  const rule = fc.record({
    make: fc.constantFrom(
      (o: { start: Date; timezone: string }) => hourly(o),
      (o: { start: Date; timezone: string }) => hourly({ ...o, minuteOffset: 30 }),
      (o: { start: Date; timezone: string }) => daily(o),
      (o: { start: Date; timezone: string }) => daily({ ...o, hourOffset: 2, minuteOffset: 15 }),
      (o: { start: Date; timezone: string }) => weekly({ ...o, dayOffset: 3 }),
      (o: { start: Date; timezone: string }) => cron({ ...o, cron: "*/20 * * * *" }),
      (o: { start: Date; timezone: string }) => cron({ ...o, cron: "15,45 1-3 * * *" }),
    ),
    timezone: fc.constantFrom(...zones),
    start: fc.date({ min: new Date("1995-01-01"), max: new Date("2035-01-01"), noInvalidDate: true }),
  })
  fc.assert(
    fc.property(rule, ({ make, timezone, start }) => {
      const partitions = make({ start, timezone })
      const now = new Date(start.getTime() + 12 * 86_400_000)
      const all = partitions.keys({ now })
      expect(new Set(all).size).toBe(all.length)
      let end: Date | undefined
      for (const key of all) {
        const window = partitions.window?.(key)
        expect(window && window.start < window.end).toBe(true)
        if (end) expect(window?.start).toEqual(end)
        expect(partitions.has(key, { now })).toBe(true)
        end = window?.end
      }
      expect((end ?? now) <= now).toBe(true)
    }),
    { numRuns: 100 },
  )
})
