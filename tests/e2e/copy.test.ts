import { expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

const config = `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }) },
    file: { engine: duckdb(), io: duckdbFileIO({ path: "warehouse.duckdb" }) },
    other: { engine: duckdb(), io: parquetIO({ root: "other" }) },
  },
})
`

const partitioned = `import { asset, nothing, staticPartitions } from "@assets/core"
import { frame, t } from "@assets/dataframe"

const regions = staticPartitions(["north", "o'brien", "south"])

export const sales = asset("raw/sales", {
  partitions: regions,
  returns: frame({ region: t.string, cents: t.int64, at: t.timestamp, tags: t.array(t.string) }),
  version: "1",
  compute: async (_inputs, { partition }) => [
    { region: partition.key, cents: 10n, at: "2024-01-05T10:00:00Z", tags: ["a", null] },
    { region: partition.key, cents: null, at: null, tags: null },
  ],
})

export const sent = asset("out/sent", { deps: { sales }, partitions: regions, returns: nothing(), version: "1", compute: async () => {} })
`

interface Step {
  readonly type: string
  readonly key: string
  readonly decision: string
  readonly why: string
}

for (const [from, to] of [
  ["local", "file"],
  ["file", "local"],
  ["local", "other"],
] as const) {
  test(`a copy from ${from} to ${to} holds the same rows and values, and nothing is computed there afterwards`, async () => {
    const project = cliProject({ ...shop, "assets.config.ts": config, "sales.ts": partitioned })
    project.write({ "assets.config.ts": config.replace('["./assets.ts"]', '["./assets.ts", "./sales.ts"]') })
    expect((await project.assets(["materialize", "--env", from, "--partitions", "all"])).code).toBe(0)

    const copy = await project.assets(["copy", "--from", from, "--to", to])
    expect([copy.code, copy.stderr]).toEqual([0, ""])
    expect(copy.stdout).toMatch(/Done\. ok=9 skipped=0 failed=0/)

    const plan = await project.json<Step>(["plan", "--env", to, "--partitions", "all"])
    expect([...new Set(plan.map(({ decision, why }) => `${decision}: ${why}`))]).toEqual(["skip: unchanged"])
    for (const key of ["marts/customers", "raw/sales"]) {
      const sql = `select * from "${key}" order by all`
      expect(await project.json(["sql", sql, "--env", to])).toEqual(await project.json(["sql", sql, "--env", from]))
    }
    expect(await project.json(["show", "reports/best", "--env", to])).toEqual([{ customer: "ada" }])

    const again = await project.assets(["copy", "--from", from, "--to", to])
    expect(again.stdout).toMatch(/Done\. ok=0 skipped=9 failed=0/)
  })
}

test("a copy of one partition leaves the others out", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": config, "assets.ts": partitioned })
  await project.assets(["materialize", "--partitions", "all"])
  const copy = await project.assets(["copy", "raw/sales", "--from", "local", "--to", "file", "--partition", "o'brien"])
  expect(copy.stdout).toMatch(/Done\. ok=1 skipped=0 failed=0/)
  expect(await project.json(["sql", 'select distinct region from "raw/sales"', "--env", "file"])).toEqual([
    { region: "o'brien" },
  ])
})

test("a copy onto itself, and one of nothing, are wrong use", async () => {
  const project = cliProject({ ...shop, "assets.config.ts": config })
  const self = await project.assets(["copy", "--from", "local", "--to", "local"])
  expect([self.code, self.stderr]).toEqual([2, expect.stringContaining("ARGUMENT_INVALID")])
  const empty = await project.assets(["copy", "--from", "local", "--to", "file"])
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining("SELECTION_EMPTY")])
})

test("a copy of appended rows keeps what was added: none of it is added again", async () => {
  const project = cliProject({
    "assets.config.ts": config,
    "orders.csv": "id\n1\n",
    "assets.ts": `import { asset, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
export const orders = source("raw/orders", csvFiles("orders.csv", { id: t.int64 }, { header: true }))
export const history = asset("marts/history", {
  deps: { orders },
  returns: frame({ id: t.int64 }),
  write: "append",
  transform: ({ orders }) => orders,
})
`,
  })
  await project.assets(["materialize"])
  project.write({ "orders.csv": "id\n2\n" })
  await project.assets(["materialize"])
  project.write({ "orders.csv": "id\n1\n" })
  for (const to of ["other", "file"]) {
    expect((await project.assets(["copy", "--from", "local", "--to", to])).code).toBe(0)
    const plan = await project.json<Step>(["plan", "--env", to])
    expect(plan.map(({ decision }) => decision)).toEqual(["skip"])
    await project.assets(["materialize", "--env", to])
    const rows = await project.json(["sql", "from marts.history order by id", "--env", to])
    expect(rows).toEqual([{ id: "1" }, { id: "2" }])
  }
})
