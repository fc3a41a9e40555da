import {
  allPartitions,
  asset,
  byDimension,
  daily,
  dep,
  dynamicPartitions,
  hourly,
  json,
  lastN,
  lastPartition,
  multi,
  overlapping,
  type PartitionMapping,
  type Partitions,
  specificPartitions,
  staticMapping,
  staticPartitions,
  upstreamPartitions,
  weekly,
} from "@assets/core"
import { describe, expect, test } from "vitest"

const now = new Date("2024-01-20T12:00:00Z")
const days = daily({ start: "2024-01-01" })
const weeks = weekly({ start: "2024-01-01" })
const regions = staticPartitions(["de", "fr"])
const both = multi({ date: daily({ start: "2024-01-01" }), region: regions })

/** Keys of `up` that a key of an asset below reads; missing ones after a bar. */
function read(
  below: Partitions | undefined,
  up: Partitions | undefined,
  key: string,
  mapping?: PartitionMapping,
): string {
  const value = { returns: json<number>(), compute: () => 1 }
  const upstream = asset("up", { ...value, ...(up && { partitions: up }) })
  const deps = { up: mapping ? dep(upstream, { partitions: mapping }) : upstream }
  const downstream = asset("below", { ...value, deps, ...(below && { partitions: below }) })
  const { keys, missing } = upstreamPartitions(downstream, "up", [key], { now })
  return [keys.join(" "), missing.join(" ")].join(missing.length > 0 ? " | " : "")
}

describe("what is inferred", () => {
  test("the same windows, or those that overlap", () => {
    expect(read(days, days, "2024-01-14")).toBe("2024-01-14")
    expect(read(days, weeks, "2024-01-10")).toBe("2024-01-07")
    expect(read(weeks, days, "2024-01-07").split(" ")).toHaveLength(7)
    expect(read(days, hourly({ start: "2024-01-01" }), "2024-01-14").split(" ")).toHaveLength(24)
    const berlin = hourly({ start: "2024-03-01", timezone: "Europe/Berlin" })
    const march = daily({ start: "2024-03-01", timezone: "Europe/Berlin" })
    const upstream = asset("up", { returns: json(), compute: () => 1, partitions: berlin })
    const below = asset("b", { returns: json(), compute: () => 1, partitions: march, deps: { upstream } })
    const { keys } = upstreamPartitions(below, "upstream", ["2024-03-31"], { now: new Date("2024-05-01") })
    expect(keys).toHaveLength(23)
  })

  test("all keys without partitions below, and none without partitions above", () => {
    expect(read(undefined, regions, "")).toBe("de fr")
    expect(read(days, undefined, "2024-01-14")).toBe("")
  })

  test("the dimension that the other one is", () => {
    expect(read(both, days, "2024-01-05|fr")).toBe("2024-01-05")
    expect(read(days, both, "2024-01-05")).toBe("2024-01-05|de 2024-01-05|fr")
    expect(read(both, regions, "2024-01-05|fr")).toBe("fr")
    expect(read(both, weeks, "2024-01-10|fr")).toBe("2024-01-07")
    expect(read(both, both, "2024-01-05|fr")).toBe("2024-01-05|fr")
  })

  test("the same key otherwise", () => {
    expect(read(regions, staticPartitions(["de", "it"]), "de")).toBe("de")
    expect(read(regions, staticPartitions(["de", "it"]), "fr")).toBe(" | fr")
  })

  test("what does not exist is missing", () => {
    expect(read(daily({ start: "2023-12-01" }), days, "2023-12-31")).toBe(" | 2023-12-31")
    expect(read(daily({ start: "2024-01-01", endOffset: 3 }), days, "2024-01-20")).toBe(" | 2024-01-20")
  })
})

describe("what is declared", () => {
  test("lastN: the same window and those before, fewer near the start", () => {
    expect(read(days, days, "2024-01-14", lastN(3))).toBe("2024-01-12 2024-01-13 2024-01-14")
    expect(read(days, days, "2024-01-02", lastN(3))).toBe("2024-01-01 2024-01-02")
    expect(read(days, weeks, "2024-01-14", lastN(1))).toBe("2024-01-07")
    expect(read(undefined, days, "", lastN(2))).toBe("2024-01-18 2024-01-19")
  })

  test("overlap with offsets", () => {
    expect(read(days, days, "2024-01-14", overlapping({ startOffset: -1 }))).toBe("2024-01-13 2024-01-14")
    expect(read(days, days, "2024-01-14", overlapping({ startOffset: -1, endOffset: -1 }))).toBe("2024-01-13")
    expect(read(days, days, "2024-01-14", overlapping({ endOffset: 1 }))).toBe("2024-01-14 2024-01-15")
    expect(read(days, days, "2024-01-01", overlapping({ startOffset: -1, endOffset: -1 }))).toBe("")
    expect(read(daily({ start: "2023-12-01" }), days, "2023-12-31", overlapping({ allowMissing: true }))).toBe("")
  })

  test("all, the last, specific keys, and a map", () => {
    expect(read(regions, regions, "de", allPartitions)).toBe("de fr")
    expect(read(regions, days, "de", lastPartition)).toBe("2024-01-19")
    expect(read(days, regions, "2024-01-05", specificPartitions(["fr"]))).toBe("fr")
    expect(read(days, regions, "2024-01-05", specificPartitions(["it"]))).toBe(" | it")
    expect(read(days, regions, "2024-01-05", specificPartitions(["it"], { allowMissing: true }))).toBe("")
    const continents = staticPartitions(["europe", "asia"])
    const map = staticMapping({ europe: ["de", "fr"] })
    expect([read(continents, regions, "europe", map), read(continents, regions, "asia", map)]).toEqual(["de fr", ""])
  })

  test("by dimension", () => {
    expect(read(both, both, "2024-01-05|fr", byDimension({ date: lastN(2) }))).toBe("2024-01-04|fr 2024-01-05|fr")
    expect(read(both, both, "2024-01-05|fr", byDimension({ region: allPartitions }))).toBe(
      "2024-01-05|de 2024-01-05|fr",
    )
    expect(read(both, days, "2024-01-05|fr", byDimension({ date: lastN(2) }))).toBe("2024-01-04 2024-01-05")
    expect(read(days, both, "2024-01-05", byDimension({ date: lastN(2) })).split(" ")).toHaveLength(4)
    const renamed = multi({ day: days, region: regions })
    expect(read(renamed, both, "2024-01-05|fr", byDimension({ date: { from: "day" } }))).toBe("2024-01-05|fr")
  })
})

test("a name that is no dependency is refused", () => {
  const a = asset("a", { returns: json(), compute: () => 1 })
  expect(() => upstreamPartitions(a, "up", [], { now })).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }))
})

describe("rules that are not made of time alone", () => {
  test("static: in the order given, each once", () => {
    expect(staticPartitions(["b", "a"]).keys({ now })).toEqual(["b", "a"])
    for (const keys of [[], ["a", "a"], [""], ["a|b"], ["a..b"], [" a"], ["all"], ["a\n"]]) {
      expect(staticPartitions(keys).fault?.code).toBe("PARTITIONS_INVALID")
    }
  })

  test("multi: every combination, the dimensions by name, with the window of the one that is made of time", () => {
    const few = multi({ region: regions, date: daily({ start: "2024-01-18" }) })
    expect(few.keys({ now })).toEqual(["2024-01-18|de", "2024-01-18|fr", "2024-01-19|de", "2024-01-19|fr"])
    expect(
      ["2024-01-19|fr", "2024-01-20|fr", "2024-01-19|it", "2024-01-19", "fr|2024-01-19"].map(key =>
        few.has(key, { now }),
      ),
    ).toEqual([true, false, false, false, false])
    expect(few.window?.("2024-01-19|fr").start.toISOString()).toBe("2024-01-19T00:00:00.000Z")
    expect(() => few.window?.("2024-01-19")).toThrow(expect.objectContaining({ code: "PARTITION_KEY_UNKNOWN" }))
    expect(multi({ a: regions, b: regions }).window).toBeUndefined()
    for (const wrong of [
      multi({ a: regions }),
      multi({ a: regions, b: few }),
      multi({ a: regions, "b c": regions }),
      multi({ a: regions, b: daily({ start: "x" }) }),
    ]) {
      expect(wrong.fault?.code).toBe("PARTITIONS_INVALID")
    }
  })

  test("dynamic: the keys that the context knows", () => {
    const clients = dynamicPartitions("clients")
    const dynamicKeys = (name: string) => (name === "clients" ? ["acme", "init"] : [])
    expect(clients.keys({ now, dynamicKeys })).toEqual(["acme", "init"])
    expect([clients.has("acme", { now, dynamicKeys }), clients.has("x", { now, dynamicKeys })]).toEqual([true, false])
    expect(() => clients.keys({ now })).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }))
    expect(dynamicPartitions("a b").fault?.code).toBe("PARTITIONS_INVALID")
  })
})
