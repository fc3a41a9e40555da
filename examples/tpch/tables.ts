import { source } from "@assets/core"
import { type Columns, parquetFiles, t } from "@assets/dataframe"

const money = t.decimal(15, 2)

const columns = {
  lineitem: {
    l_orderkey: t.int64,
    l_partkey: t.int64,
    l_suppkey: t.int64,
    l_linenumber: t.int64,
    l_quantity: money,
    l_extendedprice: money,
    l_discount: money,
    l_tax: money,
    l_returnflag: t.string,
    l_linestatus: t.string,
    l_shipdate: t.date,
    l_commitdate: t.date,
    l_receiptdate: t.date,
    l_shipinstruct: t.string,
    l_shipmode: t.string,
    l_comment: t.string,
  },
  orders: {
    o_orderkey: t.int64,
    o_custkey: t.int64,
    o_orderstatus: t.string,
    o_totalprice: money,
    o_orderdate: t.date,
    o_orderpriority: t.string,
    o_clerk: t.string,
    o_shippriority: t.int32,
    o_comment: t.string,
  },
  customer: {
    c_custkey: t.int64,
    c_name: t.string,
    c_address: t.string,
    c_nationkey: t.int32,
    c_phone: t.string,
    c_acctbal: money,
    c_mktsegment: t.string,
    c_comment: t.string,
  },
  part: {
    p_partkey: t.int64,
    p_name: t.string,
    p_mfgr: t.string,
    p_brand: t.string,
    p_type: t.string,
    p_size: t.int32,
    p_container: t.string,
    p_retailprice: money,
    p_comment: t.string,
  },
  supplier: {
    s_suppkey: t.int64,
    s_name: t.string,
    s_address: t.string,
    s_nationkey: t.int32,
    s_phone: t.string,
    s_acctbal: money,
    s_comment: t.string,
  },
  partsupp: {
    ps_partkey: t.int64,
    ps_suppkey: t.int64,
    ps_availqty: t.int64,
    ps_supplycost: money,
    ps_comment: t.string,
  },
  nation: { n_nationkey: t.int32, n_name: t.string, n_regionkey: t.int32, n_comment: t.string },
  region: { r_regionkey: t.int32, r_name: t.string, r_comment: t.string },
} as const

function table<C extends Columns>(name: string, schema: C) {
  return source(`tpch/${name}`, parquetFiles(`${name}.parquet`, schema))
}

export const lineitem = table("lineitem", columns.lineitem)
export const orders = table("orders", columns.orders)
export const customer = table("customer", columns.customer)
export const part = table("part", columns.part)
export const supplier = table("supplier", columns.supplier)
export const partsupp = table("partsupp", columns.partsupp)
export const nation = table("nation", columns.nation)
export const region = table("region", columns.region)
