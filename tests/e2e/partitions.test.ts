import { expect, test } from "vitest"
import { cliProject } from "./cli-project.ts"

const files = (end: string) => ({
  "assets.ts": `import { asset, daily, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
import { count } from "@assets/dataframe/functions"

export const sales = source("raw/sales", csvFiles("sales.csv", { day: t.string, cents: t.int64 }, { header: true }))
export const perDay = asset("marts/per_day", {
  deps: { sales },
  partitions: daily({ start: "2026-01-01", end: "${end}" }),
  returns: frame({ day: t.string, cents: t.int64 }),
  transform: ({ sales }, { partition }) => sales.filter(f => f.day.equalTo(partition.key)),
})
export const days = asset("marts/days", {
  deps: { perDay },
  returns: frame({ day: t.string, sales: t.int64 }),
  transform: ({ perDay }) => perDay.groupBy("day").agg(() => ({ sales: count() })).orderBy("day"),
})
`,
  "sales.csv": "day,cents\n2026-01-01,100\n2026-01-01,150\n2026-01-02,70\n2026-01-04,5\n",
})

test("partitions run by key, by range, all, and those that are missing", async () => {
  const project = cliProject(files("2026-01-05"))
  const one = await project.assets(["materialize", "marts/per_day", "--partition", "2026-01-02"])
  expect(one.stderr).toBe("")
  expect(one.stdout).toMatch(/^1 of 1 OK marts\/per_day \[2026-01-02\] 1 row in/)
  const range = await project.assets(["materialize", "marts/per_day", "--partitions", "2026-01-01..2026-01-02"])
  expect(range.stdout).toMatch(/OK marts\/per_day \[2026-01-01\] 2 rows in/)
  expect(range.stdout).toMatch(/SKIP marts\/per_day \[2026-01-02\] unchanged/)
  const missing = await project.assets(["materialize", "marts/per_day", "--partitions", "missing"])
  expect(missing.stdout).toMatch(/\nDone\. ok=2 skipped=0 failed=0/)
  const rest = await project.assets(["materialize"])
  expect(rest.stdout).toMatch(/OK marts\/days 3 rows/)
  expect(await project.json(["show", "marts/days"])).toEqual([
    { day: "2026-01-01", sales: "2" },
    { day: "2026-01-02", sales: "1" },
    { day: "2026-01-04", sales: "1" },
  ])
  expect(await project.json(["status", "marts/per_day"])).toMatchObject([
    { from: "2026-01-01", to: "2026-01-04", count: 4, status: "fresh" },
  ])
  const unknown = await project.assets(["materialize", "marts/per_day", "--partition", "2026-02-30"])
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toContain("PARTITION_KEY_UNKNOWN")
})

test("more partitions than a hundred are not run unasked", async () => {
  const project = cliProject(files("2026-06-01"))
  const { code, stdout, stderr } = await project.assets(["materialize", "marts/per_day"])
  expect(code).toBe(2)
  expect(stdout).toBe("")
  expect(stderr).toContain("PARTITION_TOO_MANY")
  expect(stderr).toContain("151")
  expect(stderr).toContain("assets materialize marts/per_day --partitions")
})
