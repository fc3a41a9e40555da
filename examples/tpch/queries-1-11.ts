import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { avg, count, countDistinct, lit, min, sum, when, year } from "@assets/dataframe/functions"
import { customer, lineitem, nation, orders, part, partsupp, region, supplier } from "./tables.ts"

const money = t.decimal(15, 2)
const revenue = t.decimal(38, 4)

/** Pricing summary report. */
export const q1 = asset("tpch/q01", {
  deps: { lineitem },
  returns: frame({
    l_returnflag: t.string,
    l_linestatus: t.string,
    sum_qty: t.decimal(25, 2),
    sum_base_price: t.decimal(25, 2),
    sum_disc_price: revenue,
    sum_charge: t.decimal(38, 6),
    avg_qty: t.decimal(19, 6),
    avg_price: t.decimal(19, 6),
    avg_disc: t.decimal(19, 6),
    count_order: t.int64,
  }),
  transform: ({ lineitem }) =>
    lineitem
      .filter(f => f.l_shipdate.leq("1998-09-02"))
      .withColumn("disc_price", f => f.l_extendedprice.multiply(lit(1).minus(f.l_discount)))
      .groupBy("l_returnflag", "l_linestatus")
      .agg(f => ({
        sum_qty: sum(f.l_quantity),
        sum_base_price: sum(f.l_extendedprice),
        sum_disc_price: sum(f.disc_price),
        sum_charge: sum(f.disc_price.multiply(lit(1).plus(f.l_tax))),
        avg_qty: avg(f.l_quantity),
        avg_price: avg(f.l_extendedprice),
        avg_disc: avg(f.l_discount),
        count_order: count(),
      }))
      .orderBy("l_returnflag", "l_linestatus"),
})

/** Minimum cost supplier. */
export const q2 = asset("tpch/q02", {
  deps: { part, supplier, partsupp, nation, region },
  returns: frame({
    s_acctbal: money,
    s_name: t.string,
    n_name: t.string,
    p_partkey: t.int64,
    p_mfgr: t.string,
    s_address: t.string,
    s_phone: t.string,
    s_comment: t.string,
  }),
  transform: ({ part, supplier, partsupp, nation, region }) => {
    const offers = part
      .filter(f => f.p_size.equalTo(15).and(f.p_type.like("%BRASS")))
      .joinOn(partsupp, (p, ps) => p.p_partkey.equalTo(ps.ps_partkey))
      .joinOn(supplier, (ps, s) => ps.ps_suppkey.equalTo(s.s_suppkey))
      .joinOn(nation, (s, n) => s.s_nationkey.equalTo(n.n_nationkey))
      .joinOn(
        region.filter(f => f.r_name.equalTo("EUROPE")),
        (n, r) => n.n_regionkey.equalTo(r.r_regionkey),
      )
    const least = offers
      .groupBy("p_partkey")
      .agg(f => ({ least: min(f.ps_supplycost) }))
      .rename({ p_partkey: "least_partkey" })
    return offers
      .joinOn(least, (o, l) => o.p_partkey.equalTo(l.least_partkey).and(o.ps_supplycost.equalTo(l.least)))
      .select("s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment")
      .orderBy(f => f.s_acctbal.desc(), "n_name", "s_name", "p_partkey")
      .limit(100)
  },
})

/** Shipping priority. */
export const q3 = asset("tpch/q03", {
  deps: { customer, orders, lineitem },
  returns: frame({ l_orderkey: t.int64, revenue, o_orderdate: t.date, o_shippriority: t.int32 }),
  transform: ({ customer, orders, lineitem }) =>
    customer
      .filter(f => f.c_mktsegment.equalTo("BUILDING"))
      .joinOn(
        orders.filter(f => f.o_orderdate.lt("1995-03-15")),
        (c, o) => c.c_custkey.equalTo(o.o_custkey),
      )
      .joinOn(
        lineitem.filter(f => f.l_shipdate.gt("1995-03-15")),
        (o, l) => o.o_orderkey.equalTo(l.l_orderkey),
      )
      .groupBy("l_orderkey", "o_orderdate", "o_shippriority")
      .agg(f => ({ revenue: sum(f.l_extendedprice.multiply(lit(1).minus(f.l_discount))) }))
      .select("l_orderkey", "revenue", "o_orderdate", "o_shippriority")
      .orderBy(f => f.revenue.desc(), "o_orderdate")
      .limit(10),
})

/** Order priority checking. */
export const q4 = asset("tpch/q04", {
  deps: { orders, lineitem },
  returns: frame({ o_orderpriority: t.string, order_count: t.int64 }),
  transform: ({ orders, lineitem }) =>
    orders
      .filter(f => f.o_orderdate.geq("1993-07-01").and(f.o_orderdate.lt("1993-10-01")))
      .joinOn(
        lineitem.filter(f => f.l_commitdate.lt(f.l_receiptdate)),
        (o, l) => o.o_orderkey.equalTo(l.l_orderkey),
      )
      .groupBy("o_orderpriority")
      .agg(f => ({ order_count: countDistinct(f.o_orderkey) }))
      .orderBy("o_orderpriority"),
})

/** Local supplier volume. */
export const q5 = asset("tpch/q05", {
  deps: { customer, orders, lineitem, supplier, nation, region },
  returns: frame({ n_name: t.string, revenue }),
  transform: ({ customer, orders, lineitem, supplier, nation, region }) =>
    region
      .filter(f => f.r_name.equalTo("ASIA"))
      .joinOn(nation, (r, n) => r.r_regionkey.equalTo(n.n_regionkey))
      .joinOn(customer, (n, c) => n.n_nationkey.equalTo(c.c_nationkey))
      .joinOn(
        orders.filter(f => f.o_orderdate.geq("1994-01-01").and(f.o_orderdate.lt("1995-01-01"))),
        (c, o) => c.c_custkey.equalTo(o.o_custkey),
      )
      .joinOn(lineitem, (o, l) => o.o_orderkey.equalTo(l.l_orderkey))
      .joinOn(supplier, (l, s) => l.l_suppkey.equalTo(s.s_suppkey).and(l.c_nationkey.equalTo(s.s_nationkey)))
      .groupBy("n_name")
      .agg(f => ({ revenue: sum(f.l_extendedprice.multiply(lit(1).minus(f.l_discount))) }))
      .orderBy(f => f.revenue.desc()),
})

/** Forecasting revenue change. */
export const q6 = asset("tpch/q06", {
  deps: { lineitem },
  returns: frame({ revenue: t.decimal(38, 4) }),
  transform: ({ lineitem }) =>
    lineitem
      .filter(f =>
        f.l_shipdate
          .geq("1994-01-01")
          .and(f.l_shipdate.lt("1995-01-01"))
          .and(f.l_discount.between(lit("0.05", t.decimal(3, 2)), lit("0.07", t.decimal(3, 2))))
          .and(f.l_quantity.lt(24)),
      )
      .agg(f => ({ revenue: sum(f.l_extendedprice.multiply(f.l_discount)) })),
})

/** Volume shipping. */
export const q7 = asset("tpch/q07", {
  deps: { supplier, lineitem, orders, customer, nation },
  returns: frame({ supp_nation: t.string, cust_nation: t.string, l_year: t.int32, revenue }),
  transform: ({ supplier, lineitem, orders, customer, nation }) => {
    const named = nation.select("n_nationkey", "n_name").filter(f => f.n_name.isin("FRANCE", "GERMANY"))
    const sold = named.rename({ n_nationkey: "supp_key", n_name: "supp_nation" })
    const bought = named.rename({ n_nationkey: "cust_key", n_name: "cust_nation" })
    return supplier
      .joinOn(sold, (s, n) => s.s_nationkey.equalTo(n.supp_key))
      .joinOn(
        lineitem.filter(f => f.l_shipdate.between("1995-01-01", "1996-12-31")),
        (s, l) => s.s_suppkey.equalTo(l.l_suppkey),
      )
      .joinOn(orders, (l, o) => l.l_orderkey.equalTo(o.o_orderkey))
      .joinOn(customer, (o, c) => o.o_custkey.equalTo(c.c_custkey))
      .joinOn(bought, (c, n) => c.c_nationkey.equalTo(n.cust_key).and(c.supp_nation.notEqual(n.cust_nation)))
      .select("supp_nation", "cust_nation", f => ({
        l_year: year(f.l_shipdate),
        volume: f.l_extendedprice.multiply(lit(1).minus(f.l_discount)),
      }))
      .groupBy("supp_nation", "cust_nation", "l_year")
      .agg(f => ({ revenue: sum(f.volume) }))
      .orderBy("supp_nation", "cust_nation", "l_year")
  },
})

/** National market share. */
export const q8 = asset("tpch/q08", {
  deps: { part, supplier, lineitem, orders, customer, nation, region },
  returns: frame({ o_year: t.int32, mkt_share: t.float64 }),
  transform: ({ part, supplier, lineitem, orders, customer, nation, region }) => {
    const americans = region
      .filter(f => f.r_name.equalTo("AMERICA"))
      .joinOn(nation, (r, n) => r.r_regionkey.equalTo(n.n_regionkey))
      .select("n_nationkey")
    const suppliers = nation.select("n_nationkey", "n_name").rename({ n_nationkey: "supp_key", n_name: "nation" })
    return part
      .filter(f => f.p_type.equalTo("ECONOMY ANODIZED STEEL"))
      .joinOn(lineitem, (p, l) => p.p_partkey.equalTo(l.l_partkey))
      .joinOn(supplier, (l, s) => l.l_suppkey.equalTo(s.s_suppkey))
      .joinOn(
        orders.filter(f => f.o_orderdate.between("1995-01-01", "1996-12-31")),
        (l, o) => l.l_orderkey.equalTo(o.o_orderkey),
      )
      .joinOn(customer, (o, c) => o.o_custkey.equalTo(c.c_custkey))
      .joinOn(americans, (c, n) => c.c_nationkey.equalTo(n.n_nationkey))
      .joinOn(suppliers, (s, n) => s.s_nationkey.equalTo(n.supp_key))
      .select("nation", f => ({
        o_year: year(f.o_orderdate),
        volume: f.l_extendedprice.multiply(lit(1).minus(f.l_discount)),
      }))
      .groupBy("o_year")
      .agg(f => ({
        brazil: sum(when(f.nation.equalTo("BRAZIL"), f.volume).otherwise(0)),
        all: sum(f.volume),
      }))
      .select("o_year", f => ({ mkt_share: f.brazil.cast(t.float64).divide(f.all.cast(t.float64)) }))
      .orderBy("o_year")
  },
})

/** Product type profit measure. */
export const q9 = asset("tpch/q09", {
  deps: { part, supplier, lineitem, partsupp, orders, nation },
  returns: frame({ nation: t.string, o_year: t.int32, sum_profit: revenue }),
  transform: ({ part, supplier, lineitem, partsupp, orders, nation }) =>
    part
      .filter(f => f.p_name.like("%green%"))
      .joinOn(lineitem, (p, l) => p.p_partkey.equalTo(l.l_partkey))
      .joinOn(supplier, (l, s) => l.l_suppkey.equalTo(s.s_suppkey))
      .joinOn(partsupp, (l, ps) => l.l_suppkey.equalTo(ps.ps_suppkey).and(l.l_partkey.equalTo(ps.ps_partkey)))
      .joinOn(orders, (l, o) => l.l_orderkey.equalTo(o.o_orderkey))
      .joinOn(nation, (s, n) => s.s_nationkey.equalTo(n.n_nationkey))
      .select(f => ({
        nation: f.n_name,
        o_year: year(f.o_orderdate),
        amount: f.l_extendedprice.multiply(lit(1).minus(f.l_discount)).minus(f.ps_supplycost.multiply(f.l_quantity)),
      }))
      .groupBy("nation", "o_year")
      .agg(f => ({ sum_profit: sum(f.amount) }))
      .orderBy("nation", f => f.o_year.desc()),
})

/** Returned item reporting. */
export const q10 = asset("tpch/q10", {
  deps: { customer, orders, lineitem, nation },
  returns: frame({
    c_custkey: t.int64,
    c_name: t.string,
    revenue,
    c_acctbal: money,
    n_name: t.string,
    c_address: t.string,
    c_phone: t.string,
    c_comment: t.string,
  }),
  transform: ({ customer, orders, lineitem, nation }) =>
    customer
      .joinOn(
        orders.filter(f => f.o_orderdate.geq("1993-10-01").and(f.o_orderdate.lt("1994-01-01"))),
        (c, o) => c.c_custkey.equalTo(o.o_custkey),
      )
      .joinOn(
        lineitem.filter(f => f.l_returnflag.equalTo("R")),
        (o, l) => o.o_orderkey.equalTo(l.l_orderkey),
      )
      .joinOn(nation, (c, n) => c.c_nationkey.equalTo(n.n_nationkey))
      .groupBy("c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment")
      .agg(f => ({ revenue: sum(f.l_extendedprice.multiply(lit(1).minus(f.l_discount))) }))
      .select("c_custkey", "c_name", "revenue", "c_acctbal", "n_name", "c_address", "c_phone", "c_comment")
      .orderBy(f => f.revenue.desc())
      .limit(20),
})

/** Important stock identification. */
export const q11 = asset("tpch/q11", {
  deps: { partsupp, supplier, nation },
  returns: frame({ ps_partkey: t.int64, value: t.decimal(38, 2) }),
  transform: ({ partsupp, supplier, nation }) => {
    const german = partsupp
      .joinOn(supplier, (ps, s) => ps.ps_suppkey.equalTo(s.s_suppkey))
      .joinOn(
        nation.filter(f => f.n_name.equalTo("GERMANY")),
        (s, n) => s.s_nationkey.equalTo(n.n_nationkey),
      )
      .select("ps_partkey", f => ({ cost: f.ps_supplycost.multiply(f.ps_availqty) }))
    const least = german.agg(f => ({ least: sum(f.cost).cast(t.float64).multiply(0.0001) }))
    return german
      .groupBy("ps_partkey")
      .agg(f => ({ value: sum(f.cost) }))
      .crossJoin(least)
      .filter(f => f.value.cast(t.float64).gt(f.least))
      .select("ps_partkey", "value")
      .orderBy(f => f.value.desc())
  },
})
