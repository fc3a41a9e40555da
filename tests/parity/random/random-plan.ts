import fc from "fast-check"
import {
  coalesce,
  concat,
  count,
  countDistinct,
  length,
  lit,
  max,
  min,
  rowNumber,
  sum,
  upper,
  when,
} from "../../../packages/dataframe/src/functions.ts"
import type { Relation } from "../../../packages/dataframe/src/plan/relation.ts"
import { lazyFrame, type PlanFrame, relationOf } from "../../../packages/dataframe/src/plan-frame.ts"
import { t } from "../../../packages/dataframe/src/schema/t.ts"
import { Window } from "../../../packages/dataframe/src/window.ts"

/** The columns of the tables that plans begin with. */
export const planSchema = {
  columns: [
    { name: "i", type: { kind: "int64" } },
    { name: "x", type: { kind: "float64" } },
    { name: "s", type: { kind: "string" } },
    { name: "b", type: { kind: "boolean" } },
  ],
} as const

const nullable = <T>(values: readonly T[]) => fc.constantFrom<T | null>(null, ...values)
const row = fc.record({
  i: nullable([-2n, 0n, 1n, 3n]),
  // halves add up exactly, in whatever order
  x: nullable([Number.NaN, -0, 0, 0.5, -1.5, Number.POSITIVE_INFINITY]),
  s: nullable(["", "a", "A", "ß", "long enough to lie elsewhere"]),
  b: nullable([true, false]),
})
/** Rows of such a table: a few, and some more. */
export const planTable = fc.oneof(
  fc.array(row, { maxLength: 3 }),
  fc.array(row, { minLength: 5, maxLength: 12, size: "max" }),
)

const kinds = [
  "filter",
  "compute",
  "join",
  "aggregate",
  "distinct",
  "union",
  "except",
  "intersect",
  "top",
  "window",
] as const
const step = fc.record({ kind: fc.constantFrom(...kinds), a: fc.nat(50), b: fc.nat(50), c: fc.nat(50) })
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

// biome-ignore lint/suspicious/noExplicitAny: plans are made of columns that are known at run time alone
type Columns = any

const at = <T>(items: readonly T[], n: number): T => items[n % items.length] as T
const columnsOf = (frame: PlanFrame) => relationOf(frame, "test").schema.columns
const ofKind = (frame: PlanFrame, kind: string) => columnsOf(frame).filter(column => column.type.kind === kind)

function condition(frame: PlanFrame, { a, b, c }: Step) {
  const { name, type } = at(columnsOf(frame), a)
  const literal = { int64: b % 3, float64: b % 2, string: at(["", "a", "b"], b) }[type.kind as string]
  return (f: Columns) => {
    if (type.kind === "boolean") return c % 2 === 0 ? f[name] : f[name].not()
    const tests = [f[name].isNotNull(), f[name].gt(literal), f[name].notEqual(literal), f[name].leq(literal).not()]
    return at(tests, c)
  }
}

function computed(frame: PlanFrame, step: Step) {
  const { name, type } = at(columnsOf(frame), step.a)
  const holds = condition(frame, { ...step, a: step.b, b: step.c })
  return (f: Columns) => {
    const ways: { readonly [kind: string]: readonly unknown[] } = {
      int64: [f[name].plus(1n), coalesce(f[name], lit(7n)), f[name].cast(t.string), f[name].cast(t.float64)],
      float64: [f[name].multiply(0.5), f[name].plus(1), coalesce(f[name], lit(0.25)), f[name].isNaN()],
      string: [
        upper(f[name]),
        concat(f[name], lit("z")),
        length(f[name]).cast(t.int64),
        coalesce(f[name], lit("none")),
      ],
      boolean: [f[name].not(), f[name].isNull(), coalesce(f[name], lit(true)), when(f[name], lit("y")).otherwise("n")],
    }
    return step.b % 5 === 0 ? when(holds(f), f[name]) : at(ways[type.kind] ?? [], step.c)
  }
}

/** What steps have made of a table. */
interface Made {
  readonly frame: PlanFrame
  readonly joins: number
}

function apply({ frame, joins }: Made, step: Step, place: number, other: PlanFrame): Made {
  const { a, b, c } = step
  const names = columnsOf(frame).map(column => column.name)
  const key = at(names, a)
  switch (step.kind) {
    case "filter":
      return { frame: frame.filter(condition(frame, step)), joins }
    case "compute":
      return { frame: frame.withColumn(b % 2 === 0 ? key : `c${place}`, computed(frame, step)), joins }
    case "join": {
      if (joins === 2) return { frame, joins }
      const right = other.rename({ i: `i${place}`, x: `x${place}`, s: `s${place}`, b: `b${place}` })
      const { type } = at(columnsOf(frame), a)
      const match = columnsOf(right).find(column => column.type.kind === type.kind)?.name ?? ""
      const how = at(["inner", "left", "right", "full", "semi", "anti"], b)
      const on = (l: Columns, r: Columns) => (c % 2 === 0 ? l[key].equalTo(r[match]) : l[key].eqNullSafe(r[match]))
      return { frame: frame.joinOn(right, on, how), joins: joins + 1 }
    }
    case "aggregate": {
      const keys = [...new Set([key, at(names, b)])].slice(0, 1 + (c % 2))
      const [number] = ofKind(frame, "int64")
      const of = at(names, c)
      const made = (f: Columns) => ({
        [`n${place}`]: count(),
        [`d${place}`]: countDistinct(f[of]),
        [`low${place}`]: min(f[of]),
        [`high${place}`]: max(f[of]),
        ...(number && { [`sum${place}`]: sum(f[number.name]) }),
      })
      return { frame: c % 7 === 0 ? frame.agg(made) : frame.groupBy(...keys).agg(made), joins }
    }
    case "distinct":
      return { frame: frame.select(...new Set([key, at(names, b)])).distinct(), joins }
    case "union":
      return { frame: frame.union(frame.filter(condition(frame, step))), joins }
    case "except":
    case "intersect": {
      const part = frame.filter(condition(frame, step))
      const method = `${step.kind}${c % 2 === 0 ? "" : "All"}` as const
      return { frame: frame[method](part), joins }
    }
    case "top":
      return { frame: frame.orderBy(...rotated(names, b)).limit(1 + (c % 6)), joins }
    case "window": {
      const by = (f: Columns) => Window.partitionBy(f[key]).orderBy(...rotated(names, b).map(name => f[name]))
      return { frame: frame.withColumn(`w${place}`, (f: Columns) => rowNumber().over(by(f)).cast(t.int64)), joins }
    }
  }
}

/** An order over all columns: rows that are ties are equal. */
function rotated(names: readonly string[], by: number): readonly string[] {
  const start = by % names.length
  return [...names.slice(start), ...names.slice(0, start)]
}

/** Steps that make a plan. */
export const recipe = fc.array(step, { minLength: 1, maxLength: 6, size: "max" })

/** The plan of a recipe over two tables. */
export function randomPlan(left: Relation, right: Relation, steps: readonly Step[]): Relation {
  const frameOf = (relation: Relation) => lazyFrame(relation) as unknown as PlanFrame // what a frame is at run time
  const other = frameOf(right)
  let made: Made = { frame: frameOf(left), joins: 0 }
  for (const [place, one] of steps.entries()) made = apply(made, one, place, other)
  return relationOf(made.frame, "test")
}

/** A row as text. -0 equals 0: which of them stands for both is not defined. */
export function rowText(row: object): string {
  return JSON.stringify(row, (_, value) => {
    if (typeof value === "bigint") return `${value}n`
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value
  })
}
