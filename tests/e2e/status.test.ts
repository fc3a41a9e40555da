import { expect, test } from "vitest"
import { cliProject } from "./cli-project.ts"

const project = (version: string) => ({
  "assets.ts": `import { asset, daily, json, staticPartitions } from "@assets/core"

const days = daily({ start: "2024-01-01", end: "2024-02-01", timezone: "UTC" })
export const visits = asset("raw/visits", {
  returns: json<number>(), version: "1", partitions: days, compute: () => 1,
})
export const report = asset("marts/report", {
  deps: { visits }, returns: json<number>(), version: "${version}", partitions: days, compute: () => 1,
})
export const single = asset("marts/single", { returns: json<number>(), version: "1", compute: () => 1 })
export const many = asset("other/many", {
  returns: json<number>(), version: "1",
  partitions: staticPartitions(Array.from({ length: 100_000 }, (_, i) => "p" + String(i).padStart(6, "0"))),
  compute: () => 1,
})
`,
})

test("status shows partitions that follow one another and stand alike as one range", async () => {
  const shown = cliProject(project("1"))
  await shown.assets(["materialize", "raw/visits", "--partitions", "2024-01-01..2024-01-10"])
  await shown.assets(["materialize", "raw/visits", "--partition", "2024-01-20", "--partition", "2024-01-31"])
  await shown.assets(["materialize", "marts/single"])
  const { stdout } = await shown.assets(["status", "raw/visits", "marts/single"])
  expect(stdout.split("\n")).toEqual([
    "fresh    marts/single",
    "fresh    raw/visits [2024-01-01..2024-01-10] (10)",
    "missing  raw/visits [2024-01-11..2024-01-19] (9)   partition missing",
    "fresh    raw/visits [2024-01-20]",
    "missing  raw/visits [2024-01-21..2024-01-30] (10)  partition missing",
    "fresh    raw/visits [2024-01-31]",
    "Done. fresh=13 stale=0 missing=19",
    "",
  ])
  expect(await shown.json(["status", "raw/visits", "--partitions", "2024-01-09..2024-01-12"])).toEqual([
    { key: "raw/visits", partition: null, from: "2024-01-09", to: "2024-01-10", count: 2, status: "fresh", causes: [] },
    {
      key: "raw/visits",
      partition: null,
      from: "2024-01-11",
      to: "2024-01-12",
      count: 2,
      status: "missing",
      causes: [{ kind: "partition_missing" }],
    },
  ])
  const { stdout: missing } = await shown.assets(["status", "raw/visits", "--partitions", "missing"])
  expect(missing).toMatch(/\[2024-01-11\.\.2024-01-19\] \(9\).*\n.*\[2024-01-21\.\.2024-01-30\] \(10\)/)
  expect(await shown.json(["status", "marts/single"])).toEqual([
    { key: "marts/single", partition: null, from: null, to: null, count: 1, status: "fresh", causes: [] },
  ])
})

test("status keeps partitions apart that are stale for different causes", async () => {
  const shown = cliProject(project("1"))
  await shown.assets(["materialize", "+marts/report", "--partitions", "2024-01-01..2024-01-04"])
  shown.write(project("2"))
  await shown.assets(["materialize", "raw/visits", "--partitions", "2024-01-03..2024-01-04", "--force"])
  const found = await shown.json(["status", "marts/report", "--partitions", "2024-01-01..2024-01-04"])
  expect(found.map(one => [one.from, one.to, one.count, one.status])).toEqual([
    ["2024-01-01", "2024-01-02", 2, "stale"],
    ["2024-01-03", "2024-01-04", 2, "stale"],
  ])
})

test("status takes the partitions that are missing, and refuses those that there are not", async () => {
  const shown = cliProject(project("1"))
  await shown.assets(["materialize", "raw/visits", "--partitions", "2024-01-01..2024-01-30"])
  const { stdout } = await shown.assets(["status", "raw/visits", "--partitions", "missing"])
  expect(stdout).toBe("missing  raw/visits [2024-01-31]  partition missing\nDone. fresh=0 stale=0 missing=1\n")
  const wrong = await shown.assets(["status", "raw/visits", "--partition", "2023-12-31"])
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("PARTITION_KEY_UNKNOWN")])
})

test("status of 100,000 partitions is one line, soon", async () => {
  const shown = cliProject(project("1"))
  await shown.assets(["list"]) // the bundle of the modules is made once
  const startedAt = performance.now()
  const { stdout } = await shown.assets(["status", "other/many"])
  expect(performance.now() - startedAt).toBeLessThan(15_000) // half a second of its own; what is quadratic takes minutes
  expect(stdout).toBe(
    "missing  other/many [p000000..p099999] (100,000)  never materialized\nDone. fresh=0 stale=0 missing=100000\n",
  )
})
