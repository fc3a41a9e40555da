import { frame, t, Window } from "@assets/dataframe"
import { avg, count, lag, lead, lit, max, nthValue, ntile, rank, rowNumber, sum } from "@assets/dataframe/functions"
import { describe, expect, test } from "vitest"
import { bindPlan } from "../src/plan/bind-plan.ts"
import { canonicalPlan } from "../src/plan/canonical-plan.ts"
import { relationOf } from "../src/plan-frame.ts"
import { compileDuckdb } from "../src/sql/compile-sql.ts"

const sales = frame({ shop: t.string, day: t.date, amount: t.int32, share: t.float64 }).input("sales")

describe("a window", () => {
  test("is the same plan as its text, whatever order its parts were given in", () => {
    const one = sales.select(f => ({ n: sum(f.amount).over(Window.partitionBy(f.shop).orderBy(f.day.desc())) }))
    const two = sales.select(f => ({ n: sum(f.amount).over(Window.orderBy(f.day.desc()).partitionBy(f.shop)) }))
    expect(canonicalPlan(relationOf(one, "test"))).toEqual(canonicalPlan(relationOf(two, "test")))
  })

  test("prints its frame", () => {
    const week = sales.select(f => ({
      n: avg(f.amount).over(Window.partitionBy(f.shop).orderBy(f.day).rowsBetween(-6, Window.currentRow)),
    }))
    const plan = relationOf(week, "test")
    const stored = { kind: "table", path: ["sales"], schema: relationOf(sales, "test").schema } as const
    const bound = bindPlan(plan, { inputs: new Map([["sales", stored]]), parameters: new Map() })
    expect(compileDuckdb(bound).sql).toContain("ROWS BETWEEN 6 PRECEDING AND CURRENT ROW")
  })

  test("has no rows without a column", () => {
    // @ts-expect-error a window is ordered by columns
    expect(() => sales.select(f => ({ n: sum(f.amount).over(Window.orderBy("day")) }))).toThrow("no column")
    // @ts-expect-error a window is none of JavaScript's objects
    expect(() => sales.select(f => ({ n: sum(f.amount).over({}) }))).toThrow("no window")
    expect(() => sales.select(f => ({ n: sum(f.amount).over(Window.rowsBetween(1, -1)) }))).toThrow("ends at -1")
    expect(() => sales.select(f => ({ n: sum(f.amount).over(Window.rowsBetween(0.5, 1)) }))).toThrow("no bound")
  })

  test("is refused over what is no aggregate", () => {
    expect(() => sales.select(f => ({ n: f.amount.over(Window.partitionBy(f.shop)) }))).toThrow("OVER")
  })
})

test("a function that needs a window is no column without one", () => {
  // @ts-expect-error rowNumber() has a value over a window only
  expect(() => sales.withColumn("n", () => rowNumber())).toThrow(/row_number/)
})

test("window functions give their types", () => {
  const ranked = sales.select(f => {
    const byDay = Window.partitionBy(f.shop).orderBy(f.day, f.amount.desc())
    return {
      n: rowNumber().over(byDay),
      r: rank().over(byDay),
      b: ntile(4).over(byDay),
      before: lag(f.amount, 1, 0).over(byDay),
      after: lead(f.day).over(byDay),
      third: nthValue(f.share, 3).over(byDay),
      total: sum(f.amount).over(Window.partitionBy(f.shop)),
      rows: count().over(Window.partitionBy()),
      best: max(f.share).over(byDay.rangeBetween(Window.unboundedPreceding, Window.unboundedFollowing)),
      one: lit(1),
    }
  })
  const types = relationOf(ranked, "test").schema.columns.map(({ type }) => type.kind)
  expect(types).toEqual(["int32", "int32", "int32", "int32", "date", "float64", "int64", "int64", "float64", "int32"])
  const checked = ranked.checked({
    n: t.int32,
    r: t.int32,
    b: t.int32,
    before: t.int32,
    after: t.date,
    third: t.float64,
    total: t.int64,
    rows: t.int64,
    best: t.float64,
    one: t.int32,
  })
  expect(relationOf(checked, "test").schema.columns).toHaveLength(10)
})
