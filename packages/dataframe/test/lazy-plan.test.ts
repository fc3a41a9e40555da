import { describe, expect, test } from "vitest"
import { frame } from "../src/frame.ts"
import { broadcast, count, currentTimestamp, first, lit, sum } from "../src/functions.ts"
import type { Relation } from "../src/plan/relation.ts"
import { t } from "../src/schema/t.ts"

const declared = frame({ id: t.int64, name: t.string, amount: t.float64 })
const orders = () => declared.input("raw/orders")
const counted = frame({ name: t.string, orders: t.int64, total: t.float64 })

const transform = () =>
  counted.lazy(
    orders()
      .filter(f => f.amount.gt(1))
      .groupBy("name")
      .agg(f => ({ orders: count(), total: sum(f.amount) })),
  )

describe("a plan as the code version of a transform", () => {
  test("is equal for equal work, whatever the names of variables and helpers", () => {
    const big = (row: { amount: ReturnType<typeof lit<number>> }) => row.amount.gt(1)
    const same = counted.lazy(
      orders()
        .filter(anything => big(anything as never))
        .groupBy("name")
        .agg(g => {
          const n = count()
          return { orders: n, total: sum(g.amount) }
        }),
    )
    expect(same.plan).toEqual(transform().plan)
    expect(JSON.stringify(same.plan)).toBe(JSON.stringify(transform().plan))
  })

  test("differs for another literal, type of literal, name or step", () => {
    const base = JSON.stringify(declared.lazy(orders().filter(f => f.amount.gt(1))).plan)
    for (const other of [
      declared.lazy(orders().filter(f => f.amount.gt(2))),
      declared.lazy(orders().filter(f => f.amount.gt(1n))),
      declared.lazy(orders().filter(f => f.amount.gt(lit(1, t.float64)))),
      declared.lazy(orders().filter(f => f.amount.geq(1))),
      declared.lazy(declared.input("raw/others").filter(f => f.amount.gt(1))),
      declared.lazy(
        orders()
          .filter(f => f.amount.gt(1))
          .distinct(),
      ),
    ]) {
      expect(JSON.stringify(other.plan)).not.toBe(base)
    }
  })

  test("holds what is shared once: its size is linear in the number of different steps", () => {
    let shared = orders()
    for (let i = 0; i < 30; i++) shared = shared.union(shared)
    const { plan } = declared.lazy(shared)
    expect((plan as unknown as { nodes: unknown[] }).nodes).toHaveLength(31)
    expect(declared.lazy(shared).text.split("\n")).toHaveLength(61)
  })

  test("is told to people one computed column a line", () => {
    expect(transform().text).toBe(
      [
        "aggregate by name",
        "  : orders = count(1)",
        "  : total = sum(amount)",
        "  filter (amount > cast(1 as double))",
        "    input raw/orders",
      ].join("\n"),
    )
  })

  test("of a long chain needs no deep stack", () => {
    let long = orders()
    for (let i = 0; i < 2000; i++) long = long.filter(f => f.id.gt(i))
    expect(declared.lazy(long).inputs).toEqual(["raw/orders"])
  })
})

describe("stability", () => {
  const stabilityOf = (returned: unknown) => declared.lazy(returned).stability

  test("a plan is stable, unstable by order or chance, or volatile", () => {
    expect(stabilityOf(orders())).toBe("stable")
    expect(stabilityOf(orders().limit(3))).toBe("unstable")
    expect(stabilityOf(orders().orderBy("name").limit(3))).toBe("unstable")
    expect(stabilityOf(orders().orderBy("name", "id", "amount").limit(3))).toBe("stable")
    expect(stabilityOf(orders().dropDuplicates("id"))).toBe("unstable")
    expect(stabilityOf(orders().dropDuplicates())).toBe("stable")
    expect(stabilityOf(orders().sample(0.5))).toBe("unstable")
    const picked = orders()
      .groupBy("id")
      .agg(f => ({ name: first(f.name), amount: sum(f.amount) }))
    expect(stabilityOf(picked)).toBe("unstable")
    expect(frame({ at: t.timestamp }).lazy(orders().select(() => ({ at: currentTimestamp() }))).stability).toBe(
      "volatile",
    )
  })

  test("the revisions of the functions in it are told by name", () => {
    expect(Object.keys(transform().revisions)).toEqual([">", "count", "sum"])
  })
})

describe("returns", () => {
  test("names each column that is missing, further or of another type", () => {
    const wrong = () => counted.lazy(orders().select(f => ({ name: f.name, order: f.id, total: f.id, more: f.amount })))
    expect(wrong).toThrow(expect.objectContaining({ code: "FRAME_SCHEMA_MISMATCH" }))
    expect(wrong).toThrow(
      "'orders' is missing, and 'order' is there; 'total' is bigint and not double; 'order' is not declared; 'more' is not declared",
    )
  })

  test("puts the columns in the declared order", () => {
    const plan = declared.lazy(orders().select("amount", "name", "id"))
    const bound = plan.bind(new Map([["raw/orders", stored("raw/orders")]]), { now: new Date(0) })
    expect(bound.schema.columns.map(column => column.name)).toEqual(["id", "name", "amount"])
  })

  test("refuses what is no frame, and a promise", () => {
    expect(() => declared.lazy([])).toThrow("not a DataFrame")
    expect(() => declared.lazy(Promise.resolve(orders()))).toThrow("promise")
  })
})

const stored = (name: string): Relation => ({ kind: "table", path: [name], schema: declared.schema() })

describe("binding", () => {
  test("puts stored relations, the partition's values and the run's time in their places", () => {
    const { key, start, end } = declared.partition()
    const plan = frame({ id: t.int64, key: t.string, at: t.timestamp }).lazy(
      orders()
        .filter(f => f.name.equalTo(key))
        .select(f => ({ id: f.id, key, at: currentTimestamp(), start, end }))
        .filter(f => f.at.geq(f.start).and(f.at.lt(f.end)))
        .drop("start", "end"),
    )
    const now = new Date("2024-01-02T03:04:05.678Z")
    const values = { key: "2024-01-01", start: new Date("2024-01-01"), end: new Date("2024-01-02"), now }
    const text = JSON.stringify(plan.bind(new Map([["raw/orders", stored("raw/orders")]]), values))
    expect(text).not.toContain('"parameter"')
    expect(text).not.toContain('"input"}')
    expect(text).toContain('"2024-01-01"')
    expect(text).toContain('"2024-01-01T00:00:00Z"')
    expect(text).toContain('"2024-01-02T03:04:05.678000Z"')
    expect(plan.stability).toBe("volatile")
  })

  test("keeps shared what was shared", () => {
    const base = orders().filter(f => f.id.gt(1))
    const bound = declared
      .lazy(base.union(base))
      .bind(new Map([["raw/orders", stored("raw/orders")]]), { now: new Date(0) })
    if (bound.kind !== "set") throw new Error(bound.kind)
    expect(bound.left).toBe(bound.right)
  })

  test("says which input or parameter has no value", () => {
    expect(() => declared.lazy(orders()).bind(new Map(), { now: new Date(0) })).toThrow("'raw/orders'")
    const byKey = declared.lazy(orders().filter(f => f.name.equalTo(declared.partition().key)))
    const inputs = new Map([["raw/orders", stored("raw/orders")]])
    expect(() => byKey.bind(inputs, { now: new Date(0) })).toThrow(
      expect.objectContaining({ code: "FRAME_INPUT_UNBOUND" }),
    )
  })
})

describe("the joins of a plan", () => {
  const names = frame({ id: t.int64, name: t.string })
  const joined = frame({ id: t.int64, name: t.string, label: t.string })
  const labels = () => names.input("raw/labels").rename({ name: "label" })
  const people = () => declared.input("raw/people").select("id", "name")

  test("tell what their sides read, and how they are joined", () => {
    const counts = orders()
      .groupBy("id")
      .agg(() => ({ n: count() }))
      .select("id")
    const plan = joined.lazy(people().join(counts, "id", "semi").join(labels(), "id", "left"))
    expect(plan.joins()).toEqual([
      { left: ["raw/people"], right: ["raw/orders"], how: "semi", isBroadcast: false },
      { left: ["raw/orders", "raw/people"], right: ["raw/labels"], how: "left", isBroadcast: false },
    ])
  })

  test("tell of a side that is said to be small", () => {
    expect(joined.lazy(people().join(broadcast(labels()), "id")).joins()).toMatchObject([{ isBroadcast: true }])
    expect(declared.lazy(orders()).joins()).toEqual([])
  })
})
