import { DuckDBInstance } from "@duckdb/node-api"
import { expect, test } from "vitest"
import { type CliProject, cliProject, shop } from "./cli-project.ts"

const config = `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }) },
    file: { engine: duckdb({ threads: 1 }), io: duckdbFileIO({ path: "warehouse.duckdb" }) },
    berlin: { extends: "file", timeZone: "Europe/Berlin" },
    elsewhere: { extends: "file", sources: "elsewhere" },
    branch: { extends: "local", io: parquetIO({ root: "branch" }), reuse: ["local"] },
  },
})
`

function project(files: { readonly [path: string]: string } = {}): CliProject {
  return cliProject({ ...shop, "assets.config.ts": config, ...files })
}

/** Changes the DuckDB file by hand: the record of what made its rows stays as it was. */
async function change(project: CliProject, statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(project.path("warehouse.duckdb"))
  const connection = await instance.connect()
  await connection.run(statement)
  connection.closeSync()
  instance.closeSync()
}

interface Compared {
  readonly type: string
  readonly key: string
  readonly partition: string | null
  readonly status: string
  readonly why: string | null
  readonly difference: { readonly [name: string]: unknown } | null
}

async function compared(project: CliProject, args: readonly string[]): Promise<Compared[]> {
  const objects = await project.json<Compared>(["verify", "--against", "file", ...args])
  return objects.filter(({ type }) => type === "asset_compared")
}

test("what both environments give is made in each, compared, and the same", async () => {
  const shop = project()
  const verified = await shop.assets(["verify", "--against", "file"])
  expect([verified.code, verified.stderr]).toEqual([0, ""])
  const lines = verified.stdout
    .replaceAll(/in \d\S*/g, "in …")
    .trimEnd()
    .split("\n")
  expect(lines).toEqual([
    "Materializing in local",
    "1 of 3 OK staging/large 2 rows in …",
    "2 of 3 OK marts/customers 1 row in …",
    "3 of 3 OK reports/best in …",
    "Done. ok=3 skipped=0 failed=0 checks_failed=0 in …",
    "Materializing in file",
    "1 of 3 OK staging/large 2 rows in …",
    "2 of 3 OK marts/customers 1 row in …",
    "3 of 3 OK reports/best in …",
    "Done. ok=3 skipped=0 failed=0 checks_failed=0 in …",
    "Comparing local with file",
    "SAME staging/large 2 rows",
    "SAME marts/customers 1 row",
    "SAME reports/best 1 row",
    "Verified. same=3 different=0 failed=0 in …",
  ])
  const again = await shop.assets(["verify", "marts/customers", "--env", "file", "--against", "local", "--quiet"])
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Verified\. same=1 different=0 failed=0 in \S+\n$/),
  })
  const runs = await shop.json(["runs"])
  expect(runs).toHaveLength(4)
  expect(runs[0]).toMatchObject({ selection: "marts/customers", tags: { verify: "file local" } })
})

test("rows and values that differ are told with samples, and --force makes them anew", async () => {
  const shop = project()
  await shop.assets(["verify", "--against", "file", "--quiet"])
  await change(shop, "UPDATE marts.customers SET cents = 1 WHERE customer = 'ada'")
  const differs = await shop.assets(["verify", "--against", "file"])
  expect([differs.code, differs.stderr]).toEqual([1, ""])
  expect(differs.stdout).toContain(
    'DIFF marts/customers 1 row: 1 changed by customer\n        cents: changed in 1 row\n        ~ customer="ada" orders="2" cents "2225" → "1"\n',
  )
  expect(differs.stdout).toMatch(/\nNot verified\. same=2 different=1 failed=0 in \S+\n$/)
  expect(await compared(shop, ["marts/customers"])).toMatchObject([
    {
      key: "marts/customers",
      partition: null,
      a: "local",
      b: "file",
      status: "different",
      why: null,
      difference: { changed: 1 },
    },
  ])
  const forced = await shop.assets(["verify", "--against", "file", "--force"])
  expect([forced.code, forced.stdout]).toEqual([
    0,
    expect.stringMatching(/\nVerified\. same=3 different=0 failed=0 in \S+\n$/),
  ])
})

test("a value that its code gives otherwise each time is a difference", async () => {
  const shop = project({
    "assets.ts": `import { asset, json } from "@assets/core"
export const drawn = asset("a/drawn", { returns: json<{ n: number }>(), compute: () => ({ n: Math.random() }) })
`,
  })
  const differs = await shop.assets(["verify", "--against", "file"])
  expect([differs.code, differs.stdout]).toEqual([
    1,
    expect.stringMatching(/\nDIFF a\/drawn .*\n {8}.*\n {8}~ \$\.n 0\.\d+ → 0\.\d+\n/),
  ])
})

test("partitions are compared one by one, and told as one where they are the same", async () => {
  const days = project({
    "assets.ts": `import { asset, daily, dep, json, lastN, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
const partitions = daily({ start: "2026-01-01", end: "2026-01-05" })
export const sales = source("raw/sales", csvFiles("sales.csv", { day: t.string, cents: t.int64 }, { header: true }))
export const perDay = asset("marts/per_day", {
  deps: { sales },
  partitions,
  returns: frame({ day: t.string, cents: t.int64 }),
  transform: ({ sales }, { partition }) => sales.filter(f => f.day.equalTo(partition.key)),
})
export const recent = asset("marts/recent", {
  deps: { perDay: dep(perDay, { partitions: lastN(2, { allowMissing: true }) }) },
  partitions,
  returns: json<number>(),
  compute: async ({ perDay }) => (await perDay.collect()).numRows,
})
`,
    "sales.csv": "day,cents\n2026-01-01,100\n2026-01-01,150\n2026-01-02,70\n2026-01-04,5\n",
  })
  const one = await days.assets(["verify", "marts/recent", "--against", "file", "--partition", "2026-01-02"])
  expect([one.code, one.stderr]).toEqual([0, ""])
  expect(one.stdout).toContain("of 3 OK marts/per_day [2026-01-01] 2 rows")
  expect(one.stdout).toMatch(
    /\nSAME marts\/recent \[2026-01-02\] 1 row\nVerified\. same=1 different=0 failed=0 in \S+\n$/,
  )
  const all = await days.assets(["verify", "--against", "file"])
  expect([all.code, all.stdout]).toEqual([
    0,
    expect.stringContaining(
      "\nSAME marts/per_day 4 partitions, 4 rows\nSAME marts/recent 4 partitions, 4 rows\nVerified. same=8 ",
    ),
  ])
  await change(days, "DELETE FROM marts.per_day WHERE cents = 150")
  const differs = await days.assets(["verify", "--against", "file", "--partitions", "2026-01-01..2026-01-03"])
  expect(differs.stdout).toContain("DIFF marts/per_day [2026-01-01] 2 → 1 row: 1 removed\n")
  expect(differs.stdout).toContain("SAME marts/per_day 2 partitions, 1 row\n")
  expect([differs.code, differs.stdout]).toEqual([
    1,
    expect.stringMatching(/\nNot verified\. same=5 different=1 failed=0 in \S+\n$/),
  ])
})

test("what fails on one side is told with its run, and the rest is compared", async () => {
  const shop = project()
  const failing = shop
    .read("assets.ts")
    .replace(
      "const [best]",
      'if (existsSync(new URL("data", import.meta.url)) && existsSync("warehouse.duckdb")) throw new Error("no best one")\n    const [best]',
    )
  shop.write({ "assets.ts": `import { existsSync } from "node:fs"\n${failing}` })
  const failed = await shop.assets(["verify", "--against", "file"])
  expect(failed.code).toBe(1)
  expect(failed.stdout).toContain("\nFAIL reports/best (failed with USER_CODE_FAILED in 'file')\n")
  expect(failed.stdout).toMatch(/\nNot verified\. same=2 different=0 failed=1 in \S+\n$/)
  const [, run = ""] = /The run in 'file' failed\. See it: assets runs show (\S+)\n/.exec(failed.stderr) ?? []
  expect(failed.stderr).toContain(`assets runs retry ${run}`)
  expect(await shop.json(["runs", "show", run])).toMatchObject([{ id: run, environment: "file", status: "failed" }])
})

test("what proves nothing is named", async () => {
  const shop = project()
  await shop.assets(["materialize", "--quiet"])
  const reused = await shop.assets(["verify", "--env", "branch", "--against", "local"])
  expect([reused.code, reused.stderr]).toEqual([1, ""])
  expect(reused.stdout).toContain(
    "\nSKIP marts/customers (both environments have it from 'local'; --force computes it in each)\n",
  )
  expect(reused.stdout).toMatch(/\nNot verified\. same=0 different=0 failed=0 not_compared=3 in \S+\n$/)
  const forced = await shop.assets(["verify", "--env", "branch", "--against", "local", "--force", "--quiet"])
  expect(forced).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Verified\. same=3 /) })
})

test("a tolerance takes the last digits of floating point numbers as equal, also without keys", async () => {
  const rows = (third: string) => `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
let count = 0
const returns = frame({ id: t.int64, x: t.float64 })
export const keyless = asset("a/keyless", { returns, version: "1", compute: () => [{ id: 1, x: 0.1 }, { id: 2, x: count++ ? 0.3 : 0.1 + 0.2 }${third}] })
`
  const shop = project({ "assets.ts": rows("") })
  const exact = await shop.assets(["verify", "--against", "file"])
  expect([exact.code, exact.stdout]).toEqual([
    1,
    expect.stringContaining(
      "DIFF a/keyless (in the last digits of floating point numbers alone; --tolerance 1e-7% takes these as equal) 2 rows: 1 added, 1 removed",
    ),
  ])
  const near = await shop.assets(["verify", "--against", "file", "--tolerance", "1e-7%"])
  expect([near.code, near.stdout]).toEqual([0, expect.stringContaining("SAME a/keyless 2 rows")])
  const repeated = project({ "assets.ts": rows(", { id: 1, x: 7 }") })
  const whole = await repeated.assets(["verify", "--against", "file", "--tolerance", "1"])
  expect([whole.code, whole.stdout]).toEqual([1, expect.stringContaining("so the tolerance has no effect")])
})

test("wrong use runs nothing and exits 2", async () => {
  const shop = project()
  shop.write({ "elsewhere/orders.csv": "id,customer,cents\n1,ada,1\n" })
  const refused = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await shop.assets(["verify", ...args])
    expect([code, stdout]).toEqual([2, ""])
    return stderr
  }
  expect(await refused()).toContain("--against")
  expect(await refused("--against", "local")).toContain("ARGUMENT_INVALID")
  expect(await refused("--against", "fiel")).toContain("Did you mean 'file'?")
  expect(await refused("--against", "berlin")).toContain(
    "'local' works in the time zone UTC, and 'berlin' in Europe/Berlin",
  )
  expect(await refused("--against", "elsewhere")).toContain(
    "The source 'raw/orders' holds other data in 'local' than in 'elsewhere'",
  )
  expect(await refused("--against", "file", "--partition", "2026-01-01")).toContain("PARTITION_REQUIRED")
  expect(await refused("--against", "file", "--key", "nobody")).toContain("has no column 'nobody'")
  expect(await refused("--against", "file", "nothing/*")).toContain("SELECTION")
  expect(await shop.json(["runs"])).toEqual([])
})
