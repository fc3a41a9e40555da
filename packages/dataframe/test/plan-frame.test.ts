import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { FrameError } from "../src/errors/frame-error.ts"
import { frame } from "../src/frame.ts"
import { count, lit, sum, when } from "../src/functions.ts"
import { relationOf } from "../src/plan-frame.ts"
import { t } from "../src/schema/t.ts"
import { typeName } from "../src/schema/type-name.ts"

const orders = frame({
  id: t.int64,
  customer_id: t.int64,
  amount: t.decimal(10, 2),
  status: t.string,
  x: t.float64,
}).input("orders")
const customers = frame({ customer_id: t.int64, city: t.string }).input("customers")

/** As JavaScript sees a frame: without types. */
// biome-ignore lint/suspicious/noExplicitAny: the twins of compile errors
type Untyped = any
const js: Untyped = orders
const others: Untyped = customers

/** Columns of a frame as text: `id bigint`. */
const columnsOf = (given: unknown) =>
  relationOf(given, "test").schema.columns.map(({ name, type }) => `${name} ${typeName(type)}`)

function thrown(run: () => unknown): FrameError {
  try {
    run()
  } catch (error) {
    if (error instanceof FrameError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

describe("a mistake that tsc would find is told when the plan is built", () => {
  const unknown: { readonly [what: string]: () => unknown } = {
    "select by name": () => js.select("amuont"),
    "select by callback": () => js.select((f: Untyped) => ({ double: f.amuont.multiply(2) })),
    filter: () => js.filter((f: Untyped) => f.amuont.gt(1)),
    withColumn: () => js.withColumn("y", (f: Untyped) => f.amuont),
    withColumns: () => js.withColumns((f: Untyped) => ({ y: f.amuont })),
    groupBy: () => js.groupBy("amuont"),
    agg: () => js.groupBy("id").agg((f: Untyped) => ({ total: sum(f.amuont) })),
    orderBy: () => js.orderBy("amuont"),
    drop: () => js.drop("amuont"),
    rename: () => js.rename({ amuont: "total" }),
    dropDuplicates: () => js.dropDuplicates("amuont"),
    fillna: () => js.fillna({ amuont: 0 }),
    dropna: () => js.dropna({ subset: ["amuont"] }),
    joinOn: () => js.joinOn(others.drop("customer_id"), (l: Untyped, r: Untyped) => l.amuont.equalTo(r.city)),
  }
  for (const [what, run] of Object.entries(unknown)) {
    test(`a misspelled column in ${what}`, () => {
      const error = thrown(run)
      expect(error.code).toBe("FRAME_COLUMN_UNKNOWN")
      expect(error.message).toContain("'amuont'")
      expect(error.fix).toContain("'amount'")
      expect(error.details.nearest).toContain("amount")
    })
  }

  test("a key that a side of the join lacks", () => {
    expect(thrown(() => js.join(others, "custommer_id")).code).toBe("FRAME_COLUMN_UNKNOWN")
    expect(thrown(() => js.join(others, "status")).message).toContain("right")
  })

  test("keys of different types", () => {
    const error = thrown(() => js.withColumn("customer_id", (f: Untyped) => f.status).join(others, "customer_id"))
    expect(error.code).toBe("FRAME_TYPE_MISMATCH")
    expect(error.why).toBe("It is string on the left and bigint on the right.")
  })

  test("a column of both sides", () => {
    const left = js.withColumn("City", (f: Untyped) => f.status)
    const error = thrown(() => left.join(others, "customer_id"))
    expect(error.code).toBe("FRAME_COLUMN_AMBIGUOUS")
    expect(error.details.columns).toEqual(["city"])
    expect(thrown(() => js.crossJoin(others)).code).toBe("FRAME_COLUMN_AMBIGUOUS")
    expect(thrown(() => js.joinOn(others, () => lit(true))).code).toBe("FRAME_COLUMN_AMBIGUOUS")
  })

  test("an operator that the type has not", () => {
    expect(thrown(() => js.filter((f: Untyped) => f.status)).code).toBe("FRAME_TYPE_MISMATCH")
    expect(thrown(() => js.agg((f: Untyped) => ({ n: sum(f.status.equalTo("a")) }))).code).toBe("FRAME_TYPE_MISMATCH")
    expect(thrown(() => js.fillna({ amount: "none" })).code).toBe("FRAME_TYPE_MISMATCH")
  })

  test("two columns that differ only in case", () => {
    expect(thrown(() => frame({ a: t.int32, A: t.int32 })).code).toBe("FRAME_COLUMN_DUPLICATE")
    expect(thrown(() => js.rename({ id: "STATUS" })).code).toBe("FRAME_COLUMN_DUPLICATE")
    expect(thrown(() => js.select("id", "ID")).code).toBe("FRAME_COLUMN_DUPLICATE")
  })

  test("an action while planning, which would scan the data once more: at once, also where nobody awaits it", () => {
    for (const action of ["collect", "rows", "batches", "count", "first", "take", "show", "schema", "explain"]) {
      expect(thrown(() => js[action](1))).toMatchObject({
        code: "FRAME_ACTION_IN_TRANSFORM",
        message: expect.stringContaining(`${action}()`),
        why: expect.stringContaining("scan the data once more"),
      })
    }
  })

  test("an aggregate where a row is computed, and a column that is neither key nor aggregated", () => {
    expect(thrown(() => js.filter((f: Untyped) => sum(f.x).gt(1))).code).toBe("FRAME_AGGREGATE_INVALID")
    expect(thrown(() => js.withColumn("n", () => count())).code).toBe("FRAME_AGGREGATE_INVALID")
    const error = thrown(() => js.groupBy("id").agg((f: Untyped) => ({ x: f.x })))
    expect(error.code).toBe("FRAME_AGGREGATE_INVALID")
    expect(error.message).toContain("'x'")
  })

  test("a join of an unknown kind, or without keys", () => {
    expect(thrown(() => js.join(others, "customer_id", "outer")).code).toBe("FRAME_JOIN_INVALID")
    expect(thrown(() => js.join(others, [])).code).toBe("FRAME_JOIN_INVALID")
  })

  test("arguments that are nothing of the kind", () => {
    for (const run of [
      () => js.filter("amount > 1"),
      () => js.select(3),
      () => js.select(() => 3),
      () => js.select(() => ({ a: {} })),
      () => js.withColumn("", () => lit(1)),
      () => js.join(3, "id"),
      () => js.union(null),
      () => js.limit(-1),
      () => js.limit(1.5),
      () => js.sample(2),
      () => js.orderBy(),
      () => js.agg(() => ({})),
      () => js.dropna({ how: "some" }),
      () => js.drop("id", "customer_id", "amount", "status", "x"),
      () => lit(Symbol("a") as never),
      () => lit("x", t.int32),
      () => frame({}),
    ]) {
      expect(thrown(run).code).toBe("FRAME_ARGUMENT_INVALID")
    }
  })

  test("each fault is an error of the product to core, with what, why and fix", () => {
    const error = thrown(() => js.select("amuont"))
    expect(error[Symbol.for("@assets/error") as never]).toBe(true)
    for (const text of [error.message, error.why, error.fix]) expect(text.length).toBeGreaterThan(8)
  })
})

describe("a frame", () => {
  test("is not changed by its methods", () => {
    const before = columnsOf(orders)
    orders.withColumn("y", f => f.x).drop("id")
    expect(columnsOf(orders)).toEqual(before)
    expect(Object.isFrozen(orders)).toBe(true)
  })

  test("prints its columns and not its plan", () => {
    expect(inspect(customers)).toBe("DataFrame[customer_id: bigint, city: string]")
    expect(`${customers}`).toBe(inspect(customers))
  })

  test("joins keys of different types in the type that they have in common", () => {
    const ints = orders.select(f => ({ customer_id: f.customer_id.cast(t.int32), x: f.x }))
    expect(columnsOf(ints.join(customers, "customer_id", "left"))[0]).toBe("customer_id int")
    expect(columnsOf(ints.join(customers, "customer_id", "right"))[0]).toBe("customer_id bigint")
    expect(columnsOf(ints.join(customers, "customer_id", "full"))).toEqual([
      "customer_id bigint",
      "x double",
      "city string",
    ])
    expect(columnsOf(ints.join(customers, "customer_id", "semi"))).toEqual(["customer_id int", "x double"])
  })

  test("matches names without regard to case, and selects them as they are asked for", () => {
    expect(columnsOf(js.select("ID", (f: Untyped) => ({ sum: f.AMOUNT.plus(1) })))).toEqual([
      "ID bigint",
      "sum decimal(11,2)",
    ])
    expect(columnsOf(js.drop("X", "Status", "AMOUNT"))).toEqual(["id bigint", "customer_id bigint"])
  })

  test("keeps the place of a column that is replaced, and adds new ones at the end", () => {
    expect(columnsOf(orders.withColumns(f => ({ status: f.x, y: f.id })))).toEqual([
      "id bigint",
      "customer_id bigint",
      "amount decimal(10,2)",
      "status double",
      "x double",
      "y bigint",
    ])
  })

  test("has the columns of all callbacks of a select", () => {
    const selected = orders.select(
      "id",
      f => ({ a: f.id.plus(1) }),
      f => ({ b: f.id.cast(t.string) }),
    )
    expect(columnsOf(selected.select("a", "b", "id"))).toEqual(["a bigint", "b string", "id bigint"])
  })

  test("joins with the keys first and once", () => {
    const joined = orders.select("id", "customer_id", "x").join(customers, "customer_id", "left")
    expect(columnsOf(joined)).toEqual(["customer_id bigint", "id bigint", "x double", "city string"])
    const [first, ...rest] = columnsOf(orders.join(customers, "customer_id", "anti"))
    expect([first, ...rest.sort()]).toEqual(["customer_id bigint", ...columnsOf(orders.drop("customer_id")).sort()])
  })

  test("widens the types of a union, and refuses the same columns in another order", () => {
    const ints = orders.select(f => ({ id: f.id.cast(t.int32) }))
    expect(columnsOf(ints.union(orders.select("id")))).toEqual(["id bigint"])
    expect(thrown(() => js.select("id", "x").union(js.select("x", "id"))).fix).toContain("unionByName")
    expect(columnsOf(js.select("x").unionByName(others, { allowMissing: true }))).toEqual([
      "x double",
      "customer_id bigint",
      "city string",
    ])
  })

  test("checked() puts the columns in the declared order and refuses others", () => {
    expect(columnsOf(customers.checked({ city: t.string, customer_id: t.int64 }))).toEqual([
      "city string",
      "customer_id bigint",
    ])
    const error = thrown(() => others.checked({ city: t.string, custommer_id: t.int64 }))
    expect(error.code).toBe("FRAME_SCHEMA_MISMATCH")
    expect(error.message).toContain("'custommer_id' is missing, and 'customer_id' is there")
  })
})

describe("the row of a callback", () => {
  test("can be awaited, logged, compared and spread", async () => {
    let row: Untyped
    orders.select(f => {
      row = f
      return { ...f, twice: f.x.multiply(2) }
    })
    expect(row.then).toBeUndefined()
    expect(row[Symbol.iterator]).toBeUndefined()
    expect(row.toJSON).toBeUndefined()
    expect(await row).toBe(row)
    expect(inspect(row)).toContain("customer_id")
    expect(inspect(row.amount)).toContain("amount")
    expect(columnsOf(orders.select(f => ({ ...f, twice: f.x.multiply(2) })))).toHaveLength(6)
  })

  test("has a column that is called like something of JavaScript's", () => {
    // biome-ignore lint/suspicious/noThenProperty: a column may be called so
    const odd = frame({ then: t.int32, constructor: t.int32, toJSON: t.string }).input("odd")
    expect(columnsOf(odd.select(f => ({ a: f.then, b: f.constructor, c: f.toJSON })))).toEqual([
      "a int",
      "b int",
      "c string",
    ])
  })

  test("refuses JavaScript's operators, which would not be what they seem", () => {
    expect(thrown(() => js.filter((f: Untyped) => f.amount > 100)).message).toContain("JavaScript value")
    expect(thrown(() => js.select((f: Untyped) => ({ name: `${f.status}!` }))).fix).toContain("concat")
  })
})

describe("when", () => {
  test("takes branches until otherwise", () => {
    const sized = orders.select(f => ({ size: when(f.x.gt(9), "big").when(f.x.gt(1), "middle").otherwise("small") }))
    expect(columnsOf(sized)).toEqual(["size string"])
    expect(thrown(() => js.select((f: Untyped) => ({ size: f.x.otherwise(1) }))).code).toBe("FRAME_ARGUMENT_INVALID")
  })
})
