import { expect, test } from "vitest"
import { type CliProject, cliProject, shop } from "./cli-project.ts"

const config = `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), engines: { second: duckdb({ threads: 1 }) }, io: parquetIO({ root: "data", keep: 3 }) },
    file: { engine: duckdb(), io: duckdbFileIO({ path: "warehouse.duckdb" }) },
    branch: { extends: "local", io: parquetIO({ root: "branch" }), reuse: ["local"] },
  },
})
`

/** The shop with one column more, as a later version of the code. */
const withMean = (text: string) =>
  text
    .replace("cents: t.int64 }),\n  checks", "cents: t.int64, mean: t.float64 }),\n  checks")
    .replace("cents: sum(f.cents) })", "cents: sum(f.cents), mean: avg(f.cents) })")
    .replace("{ count, sum }", "{ avg, count, sum }")

interface Diff {
  readonly key: string
  readonly status: string
  readonly why?: string
  readonly difference?: { readonly [name: string]: unknown }
}

const statuses = (diffs: readonly Diff[]) => Object.fromEntries(diffs.map(({ key, status }) => [key, status]))
const more = "4,grace,3000\n5,lin,700\n"

function project(): CliProject {
  return cliProject({ ...shop, "assets.config.ts": config })
}

test("environments that hold the same are equal and exit 0; where they differ the rows are told by key, and the exit is 1", async () => {
  const shop = project()
  await shop.assets(["materialize", "--quiet"])
  await shop.assets(["materialize", "--env", "file", "--quiet"])
  const equal = await shop.assets(["diff", "local", "file"])
  expect([equal.code, equal.stderr]).toEqual([0, ""])
  expect(equal.stdout).toMatch(/EQUAL marts\/customers 1 row\n/)
  expect(equal.stdout).toMatch(/Done\. equal=3 different=0 one_sided=0 in /)

  shop.write({ "orders.csv": `${shop.read("orders.csv")}${more}` })
  await shop.assets(["materialize", "--env", "file", "--quiet"])
  const differs = await shop.assets(["diff", "local", "file"])
  expect([differs.code, differs.stderr]).toEqual([1, ""])
  expect(differs.stdout).toContain("DIFF  marts/customers 1 → 3 rows: 2 added by customer")
  expect(differs.stdout).toContain('+ {"customer":"grace","orders":"1","cents":"3000"}')
  expect(differs.stdout).toContain('~ $.customer "ada" → "grace"')

  const whole = await shop.json<Diff>(["diff", "local", "file", "staging/large", "--limit", "1"])
  expect(whole).toMatchObject([
    { key: "staging/large", status: "different", difference: { keys: null, added: 2, rows: { left: 2, right: 4 } } },
  ])
  expect(whole[0]?.difference?.samples).toHaveLength(1)
  const byKey = await shop.json<Diff>(["diff", "file", "local", "staging/large", "--key", "id,customer"])
  expect(byKey).toMatchObject([{ difference: { keys: ["id", "customer"], removed: 2, added: 0, changed: 0 } }])
})

test("what a branch reuses is the same version, what it lacks is told, and a column more is a difference of schema", async () => {
  const shop = project()
  await shop.assets(["materialize", "--quiet"])
  shop.write({ "assets.ts": withMean(shop.read("assets.ts")) })
  expect((await shop.assets(["materialize", "--env", "branch"])).code).toBe(0)
  const diffs = await shop.json<Diff>(["diff", "local", "branch"])
  expect(statuses(diffs)).toEqual({
    "staging/large": "equal",
    "marts/customers": "different",
    "reports/best": "equal",
  })
  expect(diffs[0]?.why).toBe("it is the same version")
  expect(diffs[1]?.difference).toMatchObject({
    schema: [{ column: "mean", left: null, right: "double" }],
    added: 0,
    removed: 0,
    changed: 0,
  })
  // what prod holds is read with the columns that it was stored with
  const rows = await shop.json(["sql", "from marts.customers", "--env", "local"])
  expect(rows).toEqual([{ customer: "ada", orders: "2", cents: "2225" }])
  const sided = await shop.assets(["diff", "local", "file", "marts/customers"])
  expect([sided.code, sided.stdout]).toEqual([1, expect.stringMatching(/^ONLY {2}marts\/customers in local\n/)])
})

test("versions of an asset are compared by current, former and id", async () => {
  const shop = project()
  await shop.assets(["materialize", "--quiet"])
  shop.write({ "orders.csv": `${shop.read("orders.csv")}${more}` })
  await shop.assets(["materialize", "--quiet"])
  const diffs = await shop.json<Diff>(["diff", "former", "current", "marts/customers", "--by", "version"])
  expect(diffs).toMatchObject([{ status: "different", difference: { added: 2, rows: { left: 1, right: 3 } } }])
  const same = await shop.assets(["diff", "current~1", "former", "marts/customers", "--by", "version"])
  expect([same.code, same.stdout]).toEqual([0, expect.stringContaining("it is the same version")])
  const none = await shop.assets(["diff", "current~7", "current", "marts/customers", "--by", "version"])
  expect([none.code, none.stdout]).toEqual([0, expect.stringContaining("it has no version current~7 (2 are kept)")])
  const wrong = await shop.assets(["diff", "ffff", "current", "marts/customers", "--by", "version"])
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("ARGUMENT_INVALID")])
  const unkept = await shop.assets(["diff", "former", "current", "--by", "version", "--env", "file"])
  expect(unkept.code).toBe(2)
})

test("engines are compared over the same stored inputs, and nothing is stored", async () => {
  const shop = project()
  await shop.assets(["materialize", "--quiet"])
  const { length } = await shop.json(["runs"])
  const diffs = await shop.json<Diff>(["diff", "default", "second", "--by", "engine"])
  expect(statuses(diffs)).toEqual({
    "staging/large": "equal",
    "marts/customers": "equal",
    "reports/best": "not_compared",
  })
  expect(diffs[1]?.difference).toMatchObject({ keys: ["customer"], rows: { left: 1, right: 1 } })
  expect(await shop.json(["runs"])).toHaveLength(length)
  const wrong = await shop.assets(["diff", "default", "secund", "--by", "engine"])
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("second")])
})

test("a tolerance is absolute or relative, and holds also for rows without keys", async () => {
  const shop = cliProject({
    "assets.config.ts": config,
    "assets.ts": `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { unique } from "@assets/dataframe/checks"
const x = Number(process.env.X ?? 1000)
const returns = frame({ id: t.int64, x: t.float64 })
export const keyed = asset("a/keyed", { returns, checks: [unique("id")], version: String(x), compute: async () => [{ id: 1, x }] })
export const keyless = asset("a/keyless", { returns, version: String(x), compute: async () => [{ id: 1, x }] })
`,
  })
  await shop.assets(["materialize", "--quiet"])
  await shop.assets(["materialize", "--quiet", "--env", "file"], { env: { X: "1001" } })
  const code = async (tolerance: string, key = "a/keyed") =>
    (await shop.assets(["diff", "local", "file", key, "--tolerance", tolerance])).code
  expect([await code("0.5"), await code("1"), await code("0.01%"), await code("0.1%")]).toEqual([1, 0, 1, 0])
  expect([await code("0.5", "a/keyless"), await code("1", "a/keyless")]).toEqual([1, 0])
  expect([await code("-1"), await code("a lot")]).toEqual([2, 2])
})

test("what cannot be compared is wrong use", async () => {
  const shop = project()
  const nothing = await shop.assets(["diff", "local", "file"])
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("SELECTION_EMPTY")])
  expect((await shop.assets(["diff", "local", "local"])).code).toBe(2)
  await shop.assets(["materialize", "--quiet"])
  await shop.assets(["materialize", "--quiet", "--env", "file"])
  const key = await shop.assets(["diff", "local", "file", "marts/customers", "--key", "custmer"])
  expect([key.code, key.stderr]).toEqual([2, expect.stringContaining("customer")])
})
