import { readFileSync } from "node:fs"
import { join } from "node:path"
import Database from "better-sqlite3"
import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

const page = readFileSync(join(import.meta.dirname, "../../docs/reference/cli.md"), "utf8")

/** The fields that docs/reference/cli.md says a command prints. */
function documented(command: string): string[] {
  const row = page.split("\n").find(line => line.startsWith("|") && line.split("|")[1]?.includes(`\`${command}\``))
  return [...(row?.split("|")[3] ?? "").matchAll(/`(\w+)`/g)].map(match => match[1] ?? "").sort()
}

const fields = (objects: readonly object[]) => [...new Set(objects.flatMap(object => Object.keys(object)))].sort()

describe("assets list", () => {
  test("lists assets and sources in order of the graph, with what they are", async () => {
    const project = cliProject(shop)
    const { code, stdout, stderr } = await project.assets(["list"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toBe(`key              kind       group    description
raw/orders       source
staging/large    transform  staging
marts/customers  transform  marts
reports/best     compute
`)
  })

  test("a selection narrows it", async () => {
    const project = cliProject(shop)
    const keys = async (...selection: string[]) => (await project.json(["list", ...selection])).map(one => one.key)
    expect(await keys("group:marts")).toEqual(["marts/customers"])
    expect(await keys("marts/customers+", "raw/orders")).toEqual(["marts/customers", "raw/orders", "reports/best"])
    expect(await keys("not group:marts and not group:staging")).toEqual(["reports/best"])
  })
})

describe("assets graph", () => {
  test("draws the graph in each form", async () => {
    const project = cliProject(shop)
    const graph = async (form: string) => (await project.assets(["graph", "--format", form])).stdout
    expect(await graph("text")).toBe(`raw/orders (source)
staging/large <- raw/orders
marts/customers <- staging/large
reports/best <- marts/customers
`)
    expect(await graph("mermaid")).toBe(`flowchart LR
  n0[("raw/orders")]
  n1["staging/large"]
  n2["marts/customers"]
  n3["reports/best"]
  n0 --> n1
  n1 --> n2
  n2 --> n3
`)
    expect(await graph("dot")).toBe(`digraph assets {
  rankdir=LR
  "raw/orders" [shape=cylinder]
  "staging/large" [shape=box]
  "marts/customers" [shape=box]
  "reports/best" [shape=box]
  "raw/orders" -> "staging/large"
  "staging/large" -> "marts/customers"
  "marts/customers" -> "reports/best"
}
`)
    expect(JSON.parse(await graph("json"))).toEqual({
      nodes: [
        { key: "raw/orders", kind: "source" },
        { key: "staging/large", kind: "asset" },
        { key: "marts/customers", kind: "asset" },
        { key: "reports/best", kind: "asset" },
      ],
      edges: [
        { from: "raw/orders", to: "staging/large" },
        { from: "staging/large", to: "marts/customers" },
        { from: "marts/customers", to: "reports/best" },
      ],
    })
    expect(await project.json(["graph"])).toEqual([JSON.parse(await graph("json"))])
  })
})

describe("assets plan and status", () => {
  test("say what would run and why, before and after", async () => {
    const project = cliProject(shop)
    const before = await project.assets(["plan"])
    expect(before.code).toBe(0)
    expect(before.stdout).toMatch(/^RUN +staging\/large +never materialized$/m)
    expect(before.stdout).toMatch(/\nDone\. run=3 maybe=0 skip=0 in .*s\n$/)
    expect((await project.assets(["status"])).stdout).toBe(`missing  marts/customers  never materialized
missing  reports/best     never materialized
missing  staging/large    never materialized
Done. fresh=0 stale=0 missing=3
`)
    await project.assets(["materialize"])
    expect((await project.assets(["plan"])).stdout).toMatch(/^SKIP +marts\/customers +unchanged$/m)
    expect((await project.assets(["status", "group:marts"])).stdout).toBe(`fresh    marts/customers
Done. fresh=1 stale=0 missing=0
`)
  })

  test("a plan of a selection with --force runs what is unchanged", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    expect((await project.assets(["plan", "--force", "staging/large"])).stdout).toMatch(
      /^RUN +staging\/large +forced$/m,
    )
  })
})

describe("assets plan --sql", () => {
  test("prints the statement of each step, which runs as it is", async () => {
    const project = cliProject(shop)
    const [large, customers, best] = await project.json<{ sql: string | null }>(["plan", "--sql"])
    expect(large?.sql).toContain("orders.csv")
    expect(customers?.sql).toContain('"staging"."large"')
    expect(best?.sql).toBe(null)
    await project.assets(["materialize"])
    expect(await project.json(["sql", customers?.sql ?? ""])).toEqual([{ customer: "ada", orders: "2", cents: "2225" }])
    expect((await project.json<{ sql: null }>(["plan", "--sql"])).map(step => step.sql)).toEqual([null, null, null])
    expect((await project.assets(["plan", "--sql", "--force", "staging/large"])).stdout).toMatch(
      /RUN .*\n +(SELECT|WITH)/,
    )
  })
})

describe("assets runs", () => {
  test("lists the latest first, shows one by the beginning of its id, and its events", async () => {
    const project = cliProject(shop)
    expect((await project.assets(["runs"])).stdout).toBe("No runs yet.\n")
    await project.assets(["materialize", "staging/large"])
    await project.assets(["materialize"])
    const runs = await project.json<{ id: string; selection: string }>(["runs", "list"])
    expect(runs.map(run => run.selection)).toEqual([expect.any(String), "staging/large"])
    const [latest, first] = runs
    const shown = await project.assets(["runs", "show", first?.id ?? ""])
    expect(shown.stdout).toContain("materialized  staging/large")
    expect((await project.assets(["runs", "show", "latest"])).stdout).toContain(latest?.id)
    expect((await project.assets(["runs", "logs", (first?.id ?? "").slice(0, 20)])).stdout).toContain(
      "run_succeeded in",
    )
    expect((await project.json(["runs", "list", "--limit", "1"])).length).toBe(1)
  })
})

describe("looking at data", () => {
  test("show prints rows, at most --limit, and values that are no table", async () => {
    const project = cliProject(shop)
    const nothing = await project.assets(["show", "staging/large"])
    expect(nothing.code).toBe(1)
    expect(nothing.stderr).toContain("STORAGE_DATA_MISSING")
    await project.assets(["materialize"])
    expect((await project.assets(["show", "marts/customers"])).stdout).toBe(`customer  orders  cents
ada       2       2225
1 row
`)
    expect((await project.assets(["show", "staging/large", "--limit", "1"])).stdout).toContain("1 row shown")
    expect((await project.assets(["show", "reports/best"])).stdout).toBe(`{\n  "customer": "ada"\n}\n`)
    expect(await project.json(["show", "reports/best"])).toEqual([{ customer: "ada" }])
  })

  test("sql sees each asset as a table by its key, and only reads", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    const rows = await project.assets(["sql", "select customer, orders from marts.customers order by customer"])
    expect(rows.stdout).toBe("customer  orders\nada       2\n")
    expect(await project.json(["sql", `select count(*) as n from "staging/large"`])).toEqual([{ n: "2" }])
    expect((await project.assets(["sql", "select 1 as one where false"])).stdout).toBe("one\n")
    for (const text of ["create table x as select 1", "select 1; select 2", "copy (select 1) to 'x.csv'", "selct 1"]) {
      const refused = await project.assets(["sql", text])
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain("ENGINE_QUERY_FAILED")
    }
    const missing = await project.assets(["sql", "select * from marts.nothing"])
    expect(missing.code).toBe(1)
    expect(missing.stderr).toContain("assets list")
  })

  test("sql of an asset that is not stored says how to store it", async () => {
    const { code, stderr } = await cliProject(shop).assets(["sql", "select * from marts.customers"])
    expect(code).toBe(1)
    expect(stderr).toContain("assets materialize marts/customers")
  })

  test("path prints the files, and export writes one for others", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    const [path = ""] = (await project.assets(["path", "staging/large"])).stdout.split("\n")
    expect(readFileSync(path).subarray(0, 4).toString()).toBe("PAR1")
    const csv = await project.assets(["export", "marts/customers", "out.csv"])
    expect(csv.stdout).toBe("Done. 1 row of marts/customers in out.csv\n")
    expect(project.read("out.csv")).toBe("customer,orders,cents\nada,2,2225\n")
    await project.assets(["export", "marts/customers", "out.json"])
    expect(JSON.parse(project.read("out.json"))).toEqual([{ customer: "ada", orders: 2, cents: 2225 }])
    expect((await project.assets(["export", "marts/customers", "out.parquet"])).code).toBe(0)
    expect(await project.json(["sql", `select cents from '${project.path("out.parquet")}'`])).toEqual([
      { cents: "2225" },
    ])
    const value = await project.assets(["export", "reports/best", "out.csv"])
    expect(value.code).toBe(2)
    expect(value.stderr).toContain("VALUE_INVALID")
  })
})

test("with --json each command prints the fields that the reference lists, and no other", async () => {
  const project = cliProject(shop)
  expect(fields(await project.json(["materialize", "--dry-run"]))).toEqual(documented("materialize --dry-run"))
  await project.assets(["materialize"])
  expect(fields(await project.json(["plan"]))).toEqual(documented("plan"))
  expect(fields(await project.json(["list"]))).toEqual(documented("list"))
  expect(fields(await project.json(["graph"]))).toEqual(documented("graph"))
  expect(fields(await project.json(["status"]))).toEqual(documented("status"))
  const runs = documented("runs list")
  expect(fields(await project.json(["runs", "list"]))).toEqual(runs)
  expect(fields(await project.json(["runs", "show", "latest"]))).toEqual([...runs, "stepRecords"].sort())
  expect(fields(await project.json(["path", "marts/customers"]))).toEqual(documented("path"))
  expect(fields(await project.json(["export", "marts/customers", "x.csv"]))).toEqual(documented("export"))
  expect(fields(await project.json(["init", "fresh"]))).toEqual(documented("init"))
})

test("a run is named by how its id begins, also among thousands; what begins several is refused", async () => {
  const project = cliProject(shop)
  await project.assets(["materialize", "staging/large"])
  const [first] = await project.json<{ readonly id: string }>(["runs"])
  const log = new Database(project.path(".assets/assets.db"))
  const columns = log.prepare<[], { name: string }>(
    "SELECT name FROM pragma_table_info('runs') WHERE name NOT IN ('id', 'number')",
  )
  const names = columns.all().map(({ name }) => name)
  const copy = log.prepare(`INSERT INTO runs (id, ${names}) SELECT ?, ${names} FROM runs WHERE id = ?`)
  for (let i = 0; i < 1_200; i++) copy.run(`copy-${i}`, first?.id)
  log.close()
  const found = await project.json(["runs", "show", first?.id.slice(0, 20) ?? ""])
  expect(found).toMatchObject([{ id: first?.id }])
  const several = await project.assets(["runs", "show", "copy-"])
  expect(several.code).toBe(2)
  expect(several.stderr).toContain("More than one run begins with 'copy-'.")
  expect(several.stderr).toContain("Give more of the id, such as copy-1199.")
})

test("export into a folder that is not there is exit 2, and says how to make it", async () => {
  const { code, stderr } = await cliProject(shop).assets(["export", "staging/large", "none/x.csv"])
  expect(code).toBe(2)
  expect(stderr).toContain("ARGUMENT_INVALID")
  expect(stderr).toContain("mkdir -p")
})
