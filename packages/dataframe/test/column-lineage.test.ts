import { describe, expect, test } from "vitest"
import { frame } from "../src/frame.ts"
import { count, explode, lit, rowNumber, sum, when } from "../src/functions.ts"
import { lazyPlan } from "../src/lazy-plan.ts"
import { relationOf } from "../src/plan-frame.ts"
import { t } from "../src/schema/t.ts"
import { Window } from "../src/window.ts"

const orders = () => frame({ id: t.int64, customer: t.string, amount: t.float64, day: t.date }).input("raw/orders")
const customers = () => frame({ customer: t.string, city: t.string }).input("raw/customers")
const tags = () => frame({ id: t.int64, words: t.array(t.string) }).input("raw/tags")

/** `column: direct | indirect` for each column. */
function lineage(of: unknown): readonly string[] {
  const text = (origins: readonly { key: string; column: string }[]) =>
    origins.map(({ key, column }) => `${key.slice(4)}.${column}`).join(" ")
  return lazyPlan(relationOf(of, "lineage"))
    .lineage()
    .map(({ column, direct, indirect }) => `${column}: ${text(direct)} | ${text(indirect)}`)
}

describe("column lineage", () => {
  test("of a projection names what each column is computed from", () => {
    const made = orders().select("id", f => ({
      size: when(f.amount.gt(10), f.customer).otherwise("small"),
      one: lit(1),
    }))
    expect(lineage(made)).toEqual(["id: orders.id | ", "size: orders.amount orders.customer | ", "one:  | "])
  })

  test("follows a name through renames and replaced columns", () => {
    const made = orders()
      .rename({ amount: "total" })
      .withColumn("total", f => f.total.plus(f.id.cast(t.float64)))
      .select("total")
    expect(lineage(made)).toEqual(["total: orders.amount orders.id | "])
  })

  test("of a filter and of group keys is indirect", () => {
    const made = orders()
      .filter(f => f.day.gt("2024-01-01"))
      .groupBy("customer")
      .agg(f => ({ total: sum(f.amount), rows: count() }))
    expect(lineage(made)).toEqual([
      "customer: orders.customer | orders.customer orders.day",
      "total: orders.amount | orders.customer orders.day",
      "rows:  | orders.customer orders.day",
    ])
  })

  test("of rollup has all of its keys", () => {
    const made = orders()
      .rollup("customer", "day")
      .agg(f => ({ total: sum(f.amount) }))
      .select("total")
    expect(lineage(made)).toEqual(["total: orders.amount | orders.customer orders.day"])
  })

  test("of a join takes the key of the side that gives it, and both keys decide the rows", () => {
    const keys = "customers.customer orders.customer"
    const made = (how: "inner" | "left" | "right" | "full") =>
      lineage(orders().join(customers(), "customer", how).select("customer", "city"))
    expect(made("left")).toEqual([`customer: orders.customer | ${keys}`, `city: customers.city | ${keys}`])
    expect(made("right")[0]).toBe(`customer: customers.customer | ${keys}`)
    expect(made("full")[0]).toBe(`customer: ${keys} | ${keys}`)
    expect(lineage(orders().join(customers(), "customer", "semi").select("id"))).toEqual([`id: orders.id | ${keys}`])
  })

  test("of a join by condition tells the sides apart", () => {
    const other = customers().rename({ customer: "name" })
    const made = orders().joinOn(other, (l, r) => l.customer.equalTo(r.name).and(r.city.isNotNull()))
    expect(lineage(made.select("city"))).toEqual([
      "city: customers.city | customers.city customers.customer orders.customer",
    ])
  })

  test("of a union has both sides, and of except only the left, with all columns deciding", () => {
    const left = orders().select("customer")
    const right = customers().select("customer")
    expect(lineage(left.union(right))).toEqual(["customer: customers.customer orders.customer | "])
    expect(lineage(left.except(right))).toEqual(["customer: orders.customer | customers.customer orders.customer"])
  })

  test("of a sort counts where a limit makes rows of it, through projections", () => {
    const sorted = orders().orderBy("day")
    expect(lineage(sorted.select("id"))).toEqual(["id: orders.id | "])
    expect(lineage(sorted.select("id").limit(3))).toEqual(["id: orders.id | orders.day"])
    expect(lineage(orders().limit(3).select("id"))).toEqual(["id: orders.id | "])
  })

  test("of distinct and dropDuplicates has what they compare", () => {
    expect(lineage(orders().select("id", "day").distinct())).toEqual([
      "id: orders.id | orders.day orders.id",
      "day: orders.day | orders.day orders.id",
    ])
    expect(lineage(orders().dropDuplicates("customer").select("id"))).toEqual(["id: orders.id | orders.customer"])
  })

  test("of a window has its partition and order as indirect, of its column alone", () => {
    const made = orders().select("id", f => {
      const by = Window.partitionBy(f.customer).orderBy(f.day)
      return { running: sum(f.amount).over(by), place: rowNumber().over(by) }
    })
    expect(lineage(made)).toEqual([
      "id: orders.id | ",
      "running: orders.amount | orders.customer orders.day",
      "place:  | orders.customer orders.day",
    ])
  })

  test("of explode is the array, which decides the rows, too", () => {
    expect(lineage(tags().select("id", f => ({ word: explode(f.words) })))).toEqual([
      "id: tags.id | tags.words",
      "word: tags.words | tags.words",
    ])
  })

  test("of a filter on an aggregate or window counts as a whole", () => {
    const latest = orders()
      .withColumn("place", f => rowNumber().over(Window.partitionBy(f.customer).orderBy(f.day)))
      .filter(f => f.place.equalTo(1))
    expect(lineage(latest.select("id"))).toEqual(["id: orders.id | orders.customer orders.day"])
  })

  test("of a long chain with a frame used twice at each step is found at once", () => {
    let chain: ReturnType<typeof orders> = orders()
    for (let i = 0; i < 40; i++) chain = chain.union(chain)
    expect(lineage(chain.select("id"))).toEqual(["id: orders.id | "])
  })
})
