import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { avg, count, countDistinct, lit, max, substring, sum, when } from "@assets/dataframe/functions"
import { customer, lineitem, nation, orders, part, partsupp, supplier } from "./tables.ts"

const money = t.decimal(15, 2)
const revenue = t.decimal(38, 4)

/** Shipping modes and order priority. */
export const q12 = asset("tpch/q12", {
  deps: { orders, lineitem },
  returns: frame({ l_shipmode: t.string, high_line_count: t.int64, low_line_count: t.int64 }),
  transform: ({ orders, lineitem }) =>
    orders
      .joinOn(
        lineitem.filter(f =>
          f.l_shipmode
            .isin("MAIL", "SHIP")
            .and(f.l_commitdate.lt(f.l_receiptdate))
            .and(f.l_shipdate.lt(f.l_commitdate))
            .and(f.l_receiptdate.geq("1994-01-01"))
            .and(f.l_receiptdate.lt("1995-01-01")),
        ),
        (o, l) => o.o_orderkey.equalTo(l.l_orderkey),
      )
      .groupBy("l_shipmode")
      .agg(f => {
        const isHigh = f.o_orderpriority.isin("1-URGENT", "2-HIGH")
        return {
          high_line_count: sum(when(isHigh, 1).otherwise(0)),
          low_line_count: sum(when(isHigh, 0).otherwise(1)),
        }
      })
      .orderBy("l_shipmode"),
})

/** Customer distribution. */
export const q13 = asset("tpch/q13", {
  deps: { customer, orders },
  returns: frame({ c_count: t.int64, custdist: t.int64 }),
  transform: ({ customer, orders }) =>
    customer
      .joinOn(
        orders.filter(f => f.o_comment.like("%special%requests%").not()),
        (c, o) => c.c_custkey.equalTo(o.o_custkey),
        "left",
      )
      .groupBy("c_custkey")
      .agg(f => ({ c_count: count(f.o_orderkey) }))
      .groupBy("c_count")
      .agg(() => ({ custdist: count() }))
      .orderBy(f => [f.custdist.desc(), f.c_count.desc()]),
})

/** Promotion effect. */
export const q14 = asset("tpch/q14", {
  deps: { lineitem, part },
  returns: frame({ promo_revenue: t.float64 }),
  transform: ({ lineitem, part }) =>
    lineitem
      .filter(f => f.l_shipdate.geq("1995-09-01").and(f.l_shipdate.lt("1995-10-01")))
      .joinOn(part, (l, p) => l.l_partkey.equalTo(p.p_partkey))
      .withColumn("volume", f => f.l_extendedprice.multiply(lit(1).minus(f.l_discount)))
      .agg(f => ({ promo: sum(when(f.p_type.like("PROMO%"), f.volume).otherwise(0)), all: sum(f.volume) }))
      .select(f => ({ promo_revenue: f.promo.cast(t.float64).multiply(100).divide(f.all.cast(t.float64)) })),
})

/** Top supplier. */
export const q15 = asset("tpch/q15", {
  deps: { lineitem, supplier },
  returns: frame({
    s_suppkey: t.int64,
    s_name: t.string,
    s_address: t.string,
    s_phone: t.string,
    total_revenue: revenue,
  }),
  transform: ({ lineitem, supplier }) => {
    const bySupplier = lineitem
      .filter(f => f.l_shipdate.geq("1996-01-01").and(f.l_shipdate.lt("1996-04-01")))
      .groupBy("l_suppkey")
      .agg(f => ({ total_revenue: sum(f.l_extendedprice.multiply(lit(1).minus(f.l_discount))) }))
    const most = bySupplier.agg(f => ({ most: max(f.total_revenue) }))
    return supplier
      .joinOn(bySupplier, (s, r) => s.s_suppkey.equalTo(r.l_suppkey))
      .joinOn(most, (r, m) => r.total_revenue.equalTo(m.most))
      .select("s_suppkey", "s_name", "s_address", "s_phone", "total_revenue")
      .orderBy("s_suppkey")
  },
})

/** Parts and supplier relationship. */
export const q16 = asset("tpch/q16", {
  deps: { partsupp, part, supplier },
  returns: frame({ p_brand: t.string, p_type: t.string, p_size: t.int32, supplier_cnt: t.int64 }),
  transform: ({ partsupp, part, supplier }) =>
    part
      .filter(f =>
        f.p_brand
          .notEqual("Brand#45")
          .and(f.p_type.like("MEDIUM POLISHED%").not())
          .and(f.p_size.isin(49, 14, 23, 45, 19, 3, 36, 9)),
      )
      .joinOn(partsupp, (p, ps) => p.p_partkey.equalTo(ps.ps_partkey))
      .joinOn(
        supplier.filter(f => f.s_comment.like("%Customer%Complaints%")),
        (ps, s) => ps.ps_suppkey.equalTo(s.s_suppkey),
        "anti",
      )
      .groupBy("p_brand", "p_type", "p_size")
      .agg(f => ({ supplier_cnt: countDistinct(f.ps_suppkey) }))
      .orderBy(f => f.supplier_cnt.desc(), "p_brand", "p_type", "p_size"),
})

/** Small-quantity-order revenue. */
export const q17 = asset("tpch/q17", {
  deps: { lineitem, part },
  returns: frame({ avg_yearly: t.float64 }),
  transform: ({ lineitem, part }) => {
    const sold = part
      .filter(f => f.p_brand.equalTo("Brand#23").and(f.p_container.equalTo("MED BOX")))
      .joinOn(lineitem, (p, l) => p.p_partkey.equalTo(l.l_partkey))
      .select("l_partkey", "l_quantity", "l_extendedprice")
    const mean = sold
      .groupBy("l_partkey")
      .agg(f => ({ few: avg(f.l_quantity).cast(t.float64).multiply(0.2) }))
      .rename({ l_partkey: "mean_partkey" })
    return sold
      .joinOn(mean, (l, m) => l.l_partkey.equalTo(m.mean_partkey).and(l.l_quantity.cast(t.float64).lt(m.few)))
      .agg(f => ({ avg_yearly: sum(f.l_extendedprice).cast(t.float64).divide(7) }))
  },
})

/** Large volume customer. */
export const q18 = asset("tpch/q18", {
  deps: { customer, orders, lineitem },
  returns: frame({
    c_name: t.string,
    c_custkey: t.int64,
    o_orderkey: t.int64,
    o_orderdate: t.date,
    o_totalprice: money,
    sum_qty: t.decimal(25, 2),
  }),
  transform: ({ customer, orders, lineitem }) => {
    const large = lineitem
      .groupBy("l_orderkey")
      .agg(f => ({ quantity: sum(f.l_quantity) }))
      .filter(f => f.quantity.gt(300))
      .rename({ l_orderkey: "large_orderkey" })
    return customer
      .joinOn(orders, (c, o) => c.c_custkey.equalTo(o.o_custkey))
      .joinOn(large, (o, l) => o.o_orderkey.equalTo(l.large_orderkey), "semi")
      .joinOn(lineitem, (o, l) => o.o_orderkey.equalTo(l.l_orderkey))
      .groupBy("c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice")
      .agg(f => ({ sum_qty: sum(f.l_quantity) }))
      .orderBy(f => f.o_totalprice.desc(), "o_orderdate", "o_orderkey")
      .limit(100)
  },
})

/** Discounted revenue. */
export const q19 = asset("tpch/q19", {
  deps: { lineitem, part },
  returns: frame({ revenue }),
  transform: ({ lineitem, part }) => {
    const wanted = part
      .withColumn("least", f => {
        const fits = (brand: string, size: string, kinds: readonly string[], largest: number) =>
          f.p_brand
            .equalTo(brand)
            .and(f.p_container.isin(...kinds.map(kind => `${size} ${kind}`)))
            .and(f.p_size.between(1, largest))
        return when(fits("Brand#12", "SM", ["CASE", "BOX", "PACK", "PKG"], 5), 1)
          .when(fits("Brand#23", "MED", ["BAG", "BOX", "PKG", "PACK"], 10), 10)
          .when(fits("Brand#34", "LG", ["CASE", "BOX", "PACK", "PKG"], 15), 20)
      })
      .filter(f => f.least.isNotNull())
    return lineitem
      .filter(f => f.l_shipmode.isin("AIR", "AIR REG").and(f.l_shipinstruct.equalTo("DELIVER IN PERSON")))
      .joinOn(wanted, (l, p) => l.l_partkey.equalTo(p.p_partkey).and(l.l_quantity.between(p.least, p.least.plus(10))))
      .agg(f => ({ revenue: sum(f.l_extendedprice.multiply(lit(1).minus(f.l_discount))) }))
  },
})

/** Potential part promotion. */
export const q20 = asset("tpch/q20", {
  deps: { supplier, nation, partsupp, part, lineitem },
  returns: frame({ s_name: t.string, s_address: t.string }),
  transform: ({ supplier, nation, partsupp, part, lineitem }) => {
    const shipped = lineitem
      .filter(f => f.l_shipdate.geq("1994-01-01").and(f.l_shipdate.lt("1995-01-01")))
      .joinOn(
        part.filter(f => f.p_name.like("forest%")),
        (l, p) => l.l_partkey.equalTo(p.p_partkey),
        "semi",
      )
      .groupBy("l_partkey", "l_suppkey")
      .agg(f => ({ half: sum(f.l_quantity).cast(t.float64).multiply(0.5) }))
    const excess = partsupp
      .joinOn(shipped, (ps, l) =>
        ps.ps_partkey.equalTo(l.l_partkey).and(ps.ps_suppkey.equalTo(l.l_suppkey)).and(ps.ps_availqty.gt(l.half)),
      )
      .select("ps_suppkey")
    return supplier
      .joinOn(
        nation.filter(f => f.n_name.equalTo("CANADA")),
        (s, n) => s.s_nationkey.equalTo(n.n_nationkey),
      )
      .joinOn(excess, (s, e) => s.s_suppkey.equalTo(e.ps_suppkey), "semi")
      .select("s_name", "s_address")
      .orderBy("s_name")
  },
})

/** Suppliers who kept orders waiting. */
export const q21 = asset("tpch/q21", {
  deps: { supplier, lineitem, orders, nation },
  returns: frame({ s_name: t.string, numwait: t.int64 }),
  transform: ({ supplier, lineitem, orders, nation }) => {
    const others = lineitem.select("l_orderkey", "l_suppkey").rename({ l_orderkey: "other_order", l_suppkey: "other" })
    const late = lineitem.filter(f => f.l_receiptdate.gt(f.l_commitdate)).select("l_orderkey", "l_suppkey")
    const othersLate = late.rename({ l_orderkey: "late_order", l_suppkey: "late" })
    return supplier
      .joinOn(
        nation.filter(f => f.n_name.equalTo("SAUDI ARABIA")),
        (s, n) => s.s_nationkey.equalTo(n.n_nationkey),
      )
      .joinOn(late, (s, l) => s.s_suppkey.equalTo(l.l_suppkey))
      .joinOn(
        orders.filter(f => f.o_orderstatus.equalTo("F")),
        (l, o) => l.l_orderkey.equalTo(o.o_orderkey),
      )
      .joinOn(others, (l, r) => l.l_orderkey.equalTo(r.other_order).and(l.l_suppkey.notEqual(r.other)), "semi")
      .joinOn(othersLate, (l, r) => l.l_orderkey.equalTo(r.late_order).and(l.l_suppkey.notEqual(r.late)), "anti")
      .groupBy("s_name")
      .agg(() => ({ numwait: count() }))
      .orderBy(f => f.numwait.desc(), "s_name")
      .limit(100)
  },
})

/** Global sales opportunity. */
export const q22 = asset("tpch/q22", {
  deps: { customer, orders },
  returns: frame({ cntrycode: t.string, numcust: t.int64, totacctbal: t.decimal(25, 2) }),
  transform: ({ customer, orders }) => {
    const abroad = customer
      .select("c_custkey", "c_acctbal", f => ({ cntrycode: substring(f.c_phone, 1, 2) }))
      .filter(f => f.cntrycode.isin("13", "31", "23", "29", "30", "18", "17"))
    const mean = abroad.filter(f => f.c_acctbal.gt(0)).agg(f => ({ mean: avg(f.c_acctbal) }))
    return abroad
      .joinOn(mean, (c, m) => c.c_acctbal.gt(m.mean))
      .joinOn(orders, (c, o) => c.c_custkey.equalTo(o.o_custkey), "anti")
      .groupBy("cntrycode")
      .agg(f => ({ numcust: count(), totacctbal: sum(f.c_acctbal) }))
      .orderBy("cntrycode")
  },
})
