import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

const dotted = {
  "assets.ts": `import { asset, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
import { sum } from "@assets/dataframe/functions"
const orders = source("raw/orders.v2", csvFiles("orders.csv", { id: t.int64, day: t.date, cents: t.int64 }))
const days = asset("marts/days", {
  deps: { orders },
  returns: frame({ day: t.date, cents: t.int64 }),
  transform: ({ orders }) => orders.filter(f => f.id.gt(0)).groupBy("day").agg(f => ({ cents: sum(f.cents) })),
})
const made = asset("marts/made", {
  deps: { days },
  returns: frame({ day: t.date, cents: t.int64 }),
  compute: ({ days }) => days,
})
const both = asset("marts/both", {
  deps: { days, made },
  returns: frame({ day: t.date, cents: t.int64 }),
  transform: ({ days, made }) => days.union(made.checked({ day: t.date, cents: t.int64 })).union(days),
})
export const assets = [orders, days, made, both]
`,
}

describe("assets lineage", () => {
  test("of an asset prints what it comes from and what is made of it", async () => {
    const project = cliProject(shop)
    const { code, stdout, stderr } = await project.assets(["lineage", "staging/large"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toBe(`staging/large
upstream
  raw/orders (source)
downstream
  marts/customers
    reports/best
`)
    expect(await project.json(["lineage", "staging/large"])).toEqual([
      { key: "staging/large", kind: "transform", place: "itself", deps: ["raw/orders"] },
      { key: "raw/orders", kind: "source", place: "upstream", deps: [] },
      { key: "marts/customers", kind: "transform", place: "downstream", deps: ["staging/large"] },
      { key: "reports/best", kind: "compute", place: "downstream", deps: ["marts/customers"] },
    ])
  })

  test("of a column follows its values to the sources, and names what decides the rows", async () => {
    const project = cliProject(shop)
    const { code, stdout } = await project.assets(["lineage", "marts/customers.cents"])
    expect(code).toBe(0)
    expect(stdout).toBe(`marts/customers.cents  rows: staging/large.customer
  staging/large.cents  rows: raw/orders.cents
    raw/orders.cents (source)
`)
    const origin = (key: string, column: string) => ({ key, column })
    expect(await project.json(["lineage", "Marts/Customers.CENTS"])).toEqual([
      {
        ...origin("marts/customers", "cents"),
        kind: "transform",
        direct: [origin("staging/large", "cents")],
        indirect: [origin("staging/large", "customer")],
      },
      {
        ...origin("staging/large", "cents"),
        kind: "transform",
        direct: [origin("raw/orders", "cents")],
        indirect: [origin("raw/orders", "cents")],
      },
      { ...origin("raw/orders", "cents"), kind: "source", direct: [], indirect: [] },
    ])
  })

  test("ends at a compute and says so; a key with dots is taken before a column", async () => {
    const project = cliProject(dotted)
    const text = async (place: string) => (await project.assets(["lineage", place])).stdout
    expect(await text("raw/orders.v2")).toMatch(/^raw\/orders\.v2 \(source\)\nupstream: none\ndownstream\n/)
    expect(await text("raw/orders.v2.cents")).toBe("raw/orders.v2.cents (source)\n")
    expect(await text("marts/both.cents")).toBe(`marts/both.cents
  marts/days.cents  rows: raw/orders.v2.day, raw/orders.v2.id
    raw/orders.v2.cents (source)
  marts/made.cents (compute: its function is not looked into)
`)
  })

  test("what names nothing is wrong use, told with the nearest names", async () => {
    const project = cliProject(shop)
    const column = await project.assets(["lineage", "marts/customers.cent"])
    expect(column.code).toBe(2)
    expect(column.stderr).toContain("ASSET_COLUMN_UNKNOWN")
    expect(column.stderr).toContain("'marts/customers' has no column 'cent'.")
    expect(column.stderr).toContain("Its columns are customer, orders, cents.")
    expect(column.stderr).toContain("Did you mean 'cents'?")
    const asset = await project.assets(["lineage", "marts/custumers.cents"])
    expect(asset.code).toBe(2)
    expect(asset.stderr).toContain("There is no asset or source 'marts/custumers.cents'.")
    expect(asset.stderr).toContain("marts/customers")
    const [error] = await project.json(["lineage", "reports/best.customer"])
    expect(error).toBeUndefined()
    const value = await project.assets(["lineage", "reports/best.customer"])
    expect(value.stderr).toContain("It is json, not a table.")
  })
})
