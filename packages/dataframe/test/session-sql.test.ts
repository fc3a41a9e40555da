import { openSession, type Session, t } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

let session: Session
beforeAll(async () => {
  session = await openSession(duckdb({ threads: 1 }))
})
afterAll(() => session?.close())

const tables = () => ({
  orders: session.createDataFrame({ id: t.int32, shop: t.string, amount: t.int32, tags: t.array(t.string) }, [
    { id: 1, shop: "a", amount: 10, tags: ["x", "y"] },
    { id: 2, shop: "a", amount: 20, tags: [] },
    { id: 3, shop: "b", amount: 5, tags: null },
    { id: 4, shop: null, amount: 7, tags: ["z"] },
  ]),
  shops: session.createDataFrame({ shop: t.string, id: t.int32, city: t.string }, [
    { shop: "a", id: 100, city: "Kiel" },
    { shop: "c", id: 300, city: "Trier" },
  ]),
})

const rows = (text: string) => session.sql(text, tables()).take(100)

describe("a query gives what Spark gives", () => {
  test.each([
    ["select 1 as one, 'x' as x", [{ one: 1, x: "x" }]],
    ["select * from orders where amount > 9 order by id desc limit 1", [{ id: 2, shop: "a", amount: 20, tags: [] }]],
    [
      "select o.id, upper(shop) s from orders o where o.amount between 5 and 9 order by 1",
      [
        { id: 3, s: "B" },
        { id: 4, s: null },
      ],
    ],
    [
      "select shop, count(*) as n, sum(amount) total from orders group by shop having sum(amount) > 5 order by total desc, shop",
      [
        { shop: "a", n: 2n, total: 30n },
        { shop: null, n: 1n, total: 7n },
      ],
    ],
    ["select count(*), max(amount) + 1 as more from orders", [{ "count(1)": 4n, more: 21 }]],
    [
      "select amount % 2 as odd, count(*) as n from orders group by amount % 2 order by odd",
      [
        { odd: 0, n: 2n },
        { odd: 1, n: 2n },
      ],
    ],
    [
      "select o.id, s.id as shop_id, city from orders o join shops s on o.shop = s.shop order by o.id",
      [
        { id: 1, shop_id: 100, city: "Kiel" },
        { id: 2, shop_id: 100, city: "Kiel" },
      ],
    ],
    [
      "select shop, city from orders left join shops using (shop) where orders.id > 2 order by shop nulls last",
      [
        { shop: "b", city: null },
        { shop: null, city: null },
      ],
    ],
    ["select id from orders left anti join shops s on orders.shop = s.shop order by id", [{ id: 3 }, { id: 4 }]],
    [
      "with big as (select * from orders where amount >= 10), few as (select id from big limit 5) select count(*) as n from few",
      [{ n: 2n }],
    ],
    [
      "select id from orders where id < 2 union all select id from shops order by id",
      [{ id: 1 }, { id: 100 }, { id: 300 }],
    ],
    ["select shop from orders except select shop from shops order by shop", [{ shop: null }, { shop: "b" }]],
    [
      "select col1 as a, col2 as b from (values (1, 'x'), (2, 'y')) order by a desc",
      [
        { a: 2, b: "y" },
        { a: 1, b: "x" },
      ],
    ],
    ["select distinct shop is null as none from orders order by none", [{ none: false }, { none: true }]],
    [
      "select id, row_number() over (partition by shop order by amount desc) as n from orders where shop = 'a' order by id",
      [
        { id: 1, n: 2 },
        { id: 2, n: 1 },
      ],
    ],
    [
      "select id, tag from orders lateral view explode(tags) g as tag order by id, tag",
      [
        { id: 1, tag: "x" },
        { id: 1, tag: "y" },
        { id: 4, tag: "z" },
      ],
    ],
    [
      "select id, pos, col from orders lateral view outer posexplode(tags) g where id >= 2 order by id",
      [
        { id: 2, pos: null, col: null },
        { id: 3, pos: null, col: null },
        { id: 4, pos: 0, col: "z" },
      ],
    ],
    [
      "select shop, sum(amount) as s, grouping(shop) as g from orders where shop is not null group by rollup(shop) order by g, shop",
      [
        { shop: "a", s: 30n, g: 0 },
        { shop: "b", s: 5n, g: 0 },
        { shop: null, s: 35n, g: 1 },
      ],
    ],
    ["select transform(tags, x -> concat(x, shop)) as t from orders where id = 1", [{ t: ["xa", "ya"] }]],
    ["select id from orders order by amount desc limit 2 offset 1", [{ id: 1 }, { id: 4 }]],
  ])("%s", async (text, expected) => {
    expect(await rows(text)).toEqual(expected)
  })
})

test("a query is typed by the columns that it is held to", async () => {
  const made = session.sql("select shop, count(*) as n from orders group by shop", tables(), {
    shop: t.string,
    n: t.int64,
  })
  expect(await made.filter(f => f.n.gt(1)).first()).toEqual({ shop: "a", n: 2n })
  expect(() => session.sql("select 1 as n", {}, { n: t.string })).toThrow("n")
})

describe("what is wrong is told", () => {
  test.each([
    ["select id from order", "no table 'order'"],
    ["select ids from orders", "ids"],
    ["select id from orders o join shops s on o.shop = s.shop", "in several tables"],
    ["select x.* from orders", "no table 'x'"],
    ["select shop, amount from orders group by shop", "amount"],
    ["select id from orders where", "operand"],
    ["select id orders extra", "line 1, column 18"],
    ["update orders set id = 1", "SELECT"],
    ["select id from orders where id in (select id from shops)", "subquery"],
  ])("%s", (text, message) => {
    expect(() => session.sql(text, tables())).toThrow()
    try {
      session.sql(text, tables())
    } catch (error) {
      const {
        message: what,
        why,
        fix,
      } = error as { readonly message: string; readonly why: string; readonly fix: string }
      expect(`${what} ${why} ${fix}`).toContain(message)
    }
  })
})
