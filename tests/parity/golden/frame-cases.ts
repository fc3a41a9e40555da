import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { type BoundDataFrame, t } from "@assets/dataframe"
import {
  avg,
  coalesce,
  collectList,
  collectSet,
  count,
  countDistinct,
  explode,
  explodeEntries,
  explodeOuter,
  expr,
  first,
  grouping,
  groupingId,
  lit,
  max,
  min,
  posexplode,
  posexplodeOuter,
  stddev,
  sum,
  toDate,
  upper,
  when,
  window,
} from "@assets/dataframe/functions"
import type { GoldenValue } from "./golden-file.ts"

interface GoldenFrame {
  readonly id: string
  readonly pyspark: string
  readonly ordered: boolean
  readonly compareNames: boolean
  readonly spark: {
    readonly columns?: readonly { readonly name: string; readonly type: string }[]
    readonly rows?: readonly (readonly GoldenValue[])[]
    readonly error?: string
  }
}

interface FrameTables {
  readonly [name: string]: { readonly rows: readonly (readonly GoldenValue[])[] }
}

interface FrameFile {
  readonly frames: readonly GoldenFrame[]
  readonly frameTables: { readonly "1": FrameTables }
}

const golden: FrameFile = JSON.parse(gunzipSync(readFileSync(new URL("golden.json.gz", import.meta.url))).toString())

/** The columns of the input tables. */
export const frameColumns = {
  A: { k: t.string, n: t.int32, x: t.float64 },
  B: { k: t.string, m: t.int64, y: t.float64 },
  C: { n: t.int32, k: t.string, z: t.decimal(10, 2) },
  P: { g: t.string, c: t.string, v: t.int32 },
  S: { id: t.int32, s: t.string, f: t.boolean },
  W: { ts: t.timestamp, v: t.int32 },
  Z: { k: t.string, n: t.int32, x: t.float64 },
  L: { id: t.int32, a: t.array(t.int32), m: t.map(t.string, t.int32) },
  T: { id: t.int32, st: t.struct({ x: t.int32, y: t.string }), a: t.array(t.int32) },
}
type Columns = typeof frameColumns
export type FrameTablesByName = { readonly [N in keyof Columns]: BoundDataFrame<Columns[N]> }
/** What a program gives: only its actions are used. */
export type FrameResult = Pick<BoundDataFrame<Record<never, never>>, "rows" | "schema">

/** Unions by position whose names or types differ are a mistake to tsc; Spark takes them. */
const untyped = (frame: unknown) => frame as never

/** Each program by the id of its case: what the PySpark text beside it says, in our API. */
const programs: { readonly [id: string]: (tables: FrameTablesByName) => unknown } = {
  "join-inner-using": ({ A, B }) => A.join(B, "k", "inner"),
  "join-left-using": ({ A, B }) => A.join(B, "k", "left"),
  "join-right-using": ({ A, B }) => A.join(B, "k", "right"),
  "join-full-using": ({ A, B }) => A.join(B, "k", "full"),
  "join-inner-on": ({ A, B }) => onNumber(A, B, "inner"),
  "join-left-on": ({ A, B }) => onNumber(A, B, "left"),
  "join-right-on": ({ A, B }) => onNumber(A, B, "right"),
  "join-full-on": ({ A, B }) => onNumber(A, B, "full"),
  "join-using-key-not-first": ({ A, C }) =>
    C.select("n", "k", "z")
      .join(A.rename({ n: "n2" }), "k")
      .rename({ n2: "n_" }),
  "join-using-two-keys": ({ A, C }) => A.join(C, ["k", "n"], "full"),
  "join-leftsemi": ({ A, B }) => A.join(B, "k", "semi"),
  "join-leftanti": ({ A, B }) => A.join(B, "k", "anti"),
  "join-cross": ({ A, B }) => A.select("k").crossJoin(B.select("m")),
  "join-on-double-nan-0-0": ({ A, B }) => A.select("n", "x").joinOn(B.select("m", "y"), (l, r) => l.x.equalTo(r.y)),
  "join-eqnullsafe": ({ A, B }) =>
    A.joinOn(B.rename({ k: "k2" }), (l, r) => l.k.eqNullSafe(r.k2)).select("k", "n", "m"),
  "join-eqnullsafe-double": ({ A, B }) =>
    A.joinOn(B.rename({ k: "k2" }), (l, r) => l.x.eqNullSafe(r.y)).select("n", "m"),
  "join-range-condition": ({ A, B }) => A.select("n").joinOn(B.select("m"), (l, r) => l.n.lt(r.m)),
  union: ({ A, C }) => untyped(A.select("k", "n").union(C.select("k", "n"))),
  "union-by-position": ({ A, S }) => A.select("k").union(untyped(S.select("s"))),
  "union-int-bigint": ({ A, B }) => A.select("n").union(untyped(B.select("m"))),
  "union-int-double": ({ A }) => A.select("n").union(untyped(A.select("x"))),
  "union-int-decimal": ({ A, C }) => A.select("n").union(untyped(C.select("z"))),
  "union-int-string": ({ A, S }) => A.select("n").union(untyped(S.select(() => ({ five: lit("5") })))),
  unionbyname: ({ A, C }) => A.select("k", "n").unionByName(C.select("n", "k")),
  "unionbyname-allowmissing": ({ A, C }) => A.select("k", "n").unionByName(C.select("z", "k"), { allowMissing: true }),
  distinct: ({ A }) => A.distinct(),
  "distinct-double": ({ A, B }) =>
    A.select("x")
      .union(untyped(B.select("y")))
      .distinct(),
  "dropduplicates-subset": ({ A }) => A.dropDuplicates("k").select("k"),
  intersect: ({ A, B }) => A.select("k").intersect(B.select("k")),
  intersectall: ({ A, B }) => A.select("k").intersectAll(B.select("k")),
  subtract: ({ A, B }) => A.select("k").except(B.select("k")),
  exceptall: ({ A, B }) => A.select("k").exceptAll(B.select("k")),
  "intersect-double": ({ A, B }) => A.select("x").intersect(untyped(B.select("y"))),
  "subtract-double": ({ A, B }) => A.select("x").except(untyped(B.select("y"))),
  "orderby-asc": ({ A }) => A.select("k").distinct().orderBy("k"),
  "orderby-desc": ({ A }) =>
    A.select("k")
      .distinct()
      .orderBy(f => f.k.desc()),
  "orderby-asc-nulls-last": ({ A }) =>
    A.select("n")
      .distinct()
      .orderBy(f => f.n.ascNullsLast()),
  "orderby-desc-nulls-first": ({ A }) =>
    A.select("n")
      .distinct()
      .orderBy(f => f.n.descNullsFirst()),
  "orderby-double": ({ A }) => A.select("x", "n").orderBy("x", "n"),
  "orderby-double-desc": ({ A }) => A.select("x", "n").orderBy(f => f.x.desc(), "n"),
  "orderby-string": ({ S }) => S.orderBy("s"),
  "orderby-boolean": ({ S }) => S.orderBy("f", "id"),
  "orderby-struct": ({ T }) => T.select("id", "st").orderBy("st"),
  "orderby-array": ({ T }) => T.select("id", "a").orderBy("a"),
  "orderby-struct-desc": ({ T }) => T.select("id", "st").orderBy(f => f.st.desc()),
  "limit-after-orderby": ({ S }) => S.orderBy("id").limit(3),
  "limit-with-nulls": ({ A }) => A.select("n").orderBy("n").limit(2),
  "groupby-null-nan-0-0": ({ A }) => A.groupBy("x").agg(() => ({ count: count() })),
  "groupby-string": ({ A }) => A.groupBy("k").agg(f => ({ s: sum(f.n), a: avg(f.n), c: count() })),
  "groupby-on-empty": ({ Z }) => Z.groupBy("k").agg(() => ({ count: count() })),
  having: ({ P }) =>
    P.groupBy("g")
      .agg(f => ({ n: count(f.v) }))
      .filter(f => f.n.gt(1)),
  "fillna-number": ({ A }) => A.fillna(0),
  "fillna-string": ({ A }) => A.fillna("?"),
  "fillna-dict-float-to-int": ({ A }) => A.fillna({ n: 1.9, k: "z" }),
  "dropna-any": ({ A }) => A.dropna(),
  "dropna-all": ({ A }) => A.dropna({ how: "all" }),
  "dropna-thresh": ({ A }) => A.dropna({ thresh: 2 }),
  "column-name-case": ({ A }) => A.select(untyped("K"), untyped("N")),
  "withcolumn-replaces-ignoring-case": ({ A }) => A.withColumn("N", () => lit(1)),
  "default-column-names": ({ A }) => A.select(f => ({ "upper(k)": upper(f.k), "(n + 1)": f.n.plus(1), a: lit("a") })),
  "default-agg-names": ({ A }) =>
    A.groupBy("k").agg(f => ({ "sum(n)": sum(f.n), "count(1)": count(), "count(DISTINCT n)": countDistinct(f.n) })),
  drop: ({ A }) => A.drop(untyped("X")),
  withcolumnrenamed: ({ A }) => A.rename(untyped({ K: "kk" })),
  "where-null": ({ A }) => A.filter(f => f.n.gt(2)),
  "where-nan": ({ A }) => A.filter(f => f.x.gt(0)),
  // Spark groups by the column that the alias hides
  "group-by-alias": ({ A }) =>
    A.groupBy("k")
      .agg(() => ({ c: count() }))
      .select(f => ({ k: upper(f.k), c: f.c })),
  "order-by-alias": ({ A }) =>
    A.filter(f => f.n.isNotNull())
      .select(f => ({ n: expr("-n", t.int32), k: f.k }))
      .orderBy("n", "k"),
  "groupby-date-of-timestamp": ({ W }) =>
    W.select(f => ({ d: toDate(f.ts) }))
      .groupBy("d")
      .agg(() => ({ count: count() })),
  "agg-max-of-empty": ({ Z }) => Z.agg(f => ({ m: max(f.x) })),
  "agg-on-empty": ({ Z }) => Z.agg(f => ({ s: sum(f.n), c: count(f.n), l: collectList(f.n), m: max(f.x) })),
  "summary-of-empty": ({ Z }) =>
    Z.agg(f => ({ a: avg(f.n), s: stddev(f.x), m: min(f.k), c: count(), f: first(f.n), cs: collectSet(f.k) })),
  "count-distinct-pairs": ({ A }) => A.agg(f => ({ c: countDistinct(f.k, f.n) })),
  "in-subquery": ({ A, B }) => A.joinOn(B, (l, r) => l.n.equalTo(r.m), "semi").select("n"),
  "not-exists": ({ A, B }) => A.select("k").join(B, "k", "anti"),
  // an alias is known to the next step only
  "lateral-alias": ({ A }) => A.select(f => ({ p: f.n.plus(1) })).select("p", f => ({ q: f.p.multiply(2) })),
  "alias-hides-column": ({ A }) => A.select(f => ({ x: f.n.plus(1), q: f.x })),
  "dedupe-by-row-number": ({ A }) =>
    A.withColumn("rn", () => expr("row_number() over (partition by k order by n desc)", t.int32))
      .filter(f => f.rn.equalTo(1))
      .select("k", "n"),
  "pivot-values": ({ P }) =>
    P.groupBy("g").agg(f => ({ p: sum(when(f.c.equalTo("p"), f.v)), q: sum(when(f.c.equalTo("q"), f.v)) })),
  sample: ({ A }) => A.sample(0.5, 3).agg(() => ({ ok: count().geq(0) })),
  "todf-renamed-twice": ({ C }) => C.rename({ n: "a", k: "b", z: "c" }).select("c", "a"),
  "tail-by-order": ({ S }) =>
    S.orderBy(f => f.id.desc())
      .limit(2)
      .orderBy("id"),
  // two columns of one name cannot be: those of the right are renamed, and the places are what is compared
  "join-duplicate-column-names": ({ A, B }) => A.joinOn(B.rename({ k: "k2" }), (l, r) => l.k.equalTo(r.k2)),
  "not-in-subquery-null": ({ A, B }) => {
    const few = B.agg(f => ({ rows: count(), values: count(f.m) })).select(f => ({ all: f.rows.equalTo(f.values) }))
    return A.filter(f => f.n.isNotNull())
      .joinOn(B, (l, r) => l.n.equalTo(r.m), "anti")
      .crossJoin(few)
      .filter(f => f.all)
      .select("n")
  },
  offset: ({ S }) => S.orderBy("id").offset(4),
  rollup: ({ P }) => P.rollup("g", "c").agg(f => ({ s: sum(f.v) })),
  cube: ({ P }) => P.cube("g", "c").agg(f => ({ s: sum(f.v), gid: groupingId() })),
  "grouping-sets": ({ P }) => P.groupingSets([["g"], ["c"], []]).agg(f => ({ n: count(), gg: grouping(f.g) })),
  "pivot-count": ({ P }) =>
    P.groupBy("g")
      .pivot("c", ["p", "q"])
      .agg(() => ({ n: count() })),
  "pivot-null-value": ({ P }) =>
    P.groupBy("g")
      .pivot("c", [null])
      .agg(f => ({ v: first(f.v) }))
      .select("g", "null"),
  unpivot: ({ A }) => A.unpivot(["k"], ["n", "x"], "var", "val"),
  explode: ({ L }) => L.select("id", f => ({ e: explode(f.a) })),
  "explode-outer": ({ L }) => L.select("id", f => ({ e: explodeOuter(f.a) })),
  posexplode: ({ L }) => L.select("id", f => ({ ...posexplode(f.a) })),
  "posexplode-outer": ({ L }) => L.select("id", f => ({ ...posexplodeOuter(f.a) })),
  "explode-map": ({ L }) => L.select("id", f => ({ ...explodeEntries(f.m) })),
  "explode-then-filter": ({ L }) => L.select("id", f => ({ e: explode(f.a) })).filter(f => f.e.gt(1)),
  replace: ({ A }) => A.replace({ a: "AA", x: "XX" }, ["k"]),
  "replace-double-nan": ({ A }) => A.replace(new Map([[Number.NaN, 9]]), ["x"]),
  describe: ({ A }) =>
    A.agg(f => ({
      count: count(f.n).cast(t.string),
      mean: avg(f.n).cast(t.string),
      stddev: stddev(f.n).cast(t.string),
      min: min(f.n).cast(t.string),
      max: max(f.n).cast(t.string),
    })).unpivot([], ["count", "mean", "stddev", "min", "max"], "summary", "n"),
  "window-tumbling": ({ W }) =>
    W.withColumn("w", f => window(f.ts, "10 minutes"))
      .groupBy("w")
      .agg(f => ({ s: sum(f.v) }))
      .select(f => ({ a: f.w.getField("start"), b: f.w.getField("end"), s: f.s })),
  "window-tumbling-7-days": ({ W }) =>
    W.withColumn("w", f => window(f.ts, "7 days"))
      .groupBy("w")
      .agg(f => ({ s: sum(f.v) }))
      .select(f => ({ a: f.w.getField("start"), s: f.s })),
  "window-sliding": ({ W }) =>
    W.withColumn("w", f => window(f.ts, "10 minutes", "5 minutes"))
      .groupBy("w")
      .agg(() => ({ c: count() }))
      .select(f => ({ a: f.w.getField("start"), c: f.c })),
  crosstab: ({ P }) =>
    P.withColumn("g", f => coalesce(f.g, lit("null")))
      .groupBy("g")
      .pivot("c", ["p", "q"])
      .agg(() => ({ n: count() }))
      .fillna(0)
      .rename({ g: "g_c" }),
  "values-literal-types": ({ A }) =>
    A.limit(1).select(() => ({
      i: lit(1),
      d: lit("1.5", t.decimal(2, 1)),
      e: lit(1000, t.float64),
      s: lit("x"),
      b: lit(true),
      n: lit(null),
      l: lit(3000000000),
      dt: lit("2024-01-01", t.date),
    })),
}

function onNumber(A: FrameTablesByName["A"], B: FrameTablesByName["B"], how: "inner" | "left" | "right" | "full") {
  return A.select("k", "n").joinOn(
    B.select(f => ({ k2: f.k, m: f.m })),
    (l, r) => l.n.equalTo(r.m),
    how,
  )
}

/** A whole frame that Spark gave, and the program that gives it here. */
export interface FrameCase {
  readonly name: string
  readonly pyspark: string
  readonly ordered: boolean
  readonly types: readonly string[]
  readonly rows: readonly (readonly GoldenValue[])[]
  program(tables: FrameTablesByName): FrameResult
}

export const frameCases: readonly FrameCase[] = golden.frames.flatMap(frame => {
  const name = frame.id.replace(/^frame\.|\.1$/g, "")
  const program = programs[name]
  const { columns, rows } = frame.spark
  if (!program || !columns || !rows) return []
  const { pyspark, ordered } = frame
  const types = columns.map(column => column.type)
  return [{ name, pyspark, ordered, types, rows, program: tables => program(tables) as FrameResult }]
})

/** The rows of an input table, as `createDataFrame` takes them. */
export function frameRows(name: string, types: { readonly [column: string]: unknown }): readonly never[] {
  const names = Object.keys(types)
  return (golden.frameTables["1"][name]?.rows ?? []).map(row =>
    untyped(Object.fromEntries(names.map((column, i) => [column, input(row[i] ?? null, types, column)]))),
  )
}

/** An input value of the golden file as a row takes it. */
function input(value: GoldenValue, types: { readonly [column: string]: unknown }, column: string): unknown {
  if (types[column] === t.float64 && typeof value === "string") return Number(value)
  if (column === "m" && Array.isArray(value)) return new Map(value as [string, number | null][])
  if (column === "st" && Array.isArray(value)) return { x: value[0], y: value[1] }
  return value
}
