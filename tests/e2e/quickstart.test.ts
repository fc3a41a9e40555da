import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { cliProject } from "./cli-project.ts"

const assets = readFileSync(join(import.meta.dirname, "../../examples/quickstart/assets.ts"), "utf8")

test("the quickstart runs without a config and prints what a station is like", async () => {
  const project = cliProject({ "assets.ts": assets })
  const { code, stdout, stderr } = await project.assets(["materialize"])
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  expect(stdout).toMatch(
    /^1 of 2 OK raw\/measures 1,095 rows in .*\n2 of 2 OK marts\/climate 3 rows in .*\nDone\. ok=2 /,
  )
  // By hand: 100 is added and, over a whole year, the season adds up to nothing; 25 more for each station.
  const year = Array.from({ length: 365 }, (_, i) => i + 1)
  const values = (station: number) =>
    year.map(
      day => (Math.round(-80 * Math.cos((2 * Math.PI * day) / 365)) + 100 + 25 * station + ((day * 7) % 11)) / 10,
    )
  const rows = ["north", "south", "coast"].map((station, i) => ({
    station,
    days: "365",
    warmest: Math.max(...values(i)),
    mean: values(i).reduce((sum, value) => sum + value, 0) / 365,
  }))
  const found = await project.json<{ station: string; mean: number }>(["show", "marts/climate"])
  const expected = [...rows].sort((a, b) => (a.station < b.station ? -1 : 1))
  expect(found.map(({ mean, ...row }) => row)).toEqual(expected.map(({ mean, ...row }) => row))
  found.forEach((row, i) => {
    expect(row.mean).toBeCloseTo(expected[i]?.mean ?? Number.NaN, 9)
  })
  const again = await project.assets(["materialize"])
  expect(again.stdout).toContain("2 of 2 SKIP marts/climate unchanged")
})
