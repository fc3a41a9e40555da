import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duckdb } from "@assets/io-duckdb"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { FrameError } from "../../packages/dataframe/src/errors/frame-error.ts"
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
} from "../../packages/dataframe/src/functions.ts"
import { parseQuery } from "../../packages/dataframe/src/plan/parse-query.ts"
import type { Relation } from "../../packages/dataframe/src/plan/relation.ts"
import { resolveQuery } from "../../packages/dataframe/src/plan/resolve-query.ts"
import { bottomUp, mapRelation } from "../../packages/dataframe/src/plan/walk-relation.ts"
import { lazyFrame, type PlanFrame, relationOf } from "../../packages/dataframe/src/plan-frame.ts"
import { t } from "../../packages/dataframe/src/schema/t.ts"
import { rowBatches } from "../../packages/dataframe/src/session/output-batches.ts"
import { rowsOf } from "../../packages/dataframe/src/session/row-reader.ts"
import { compileSpark } from "../../packages/dataframe/src/sql/spark/compile-spark.ts"
import { Window } from "../../packages/dataframe/src/window.ts"

type Session = Awaited<ReturnType<ReturnType<typeof duckdb>["open"]>>

let session: Session
let folder: string
const signal = new AbortController().signal

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-plans-"))
  session = await duckdb({ threads: 1 }).open({ timeZone: "UTC", scratch: folder, now: new Date(0), signal })
})
afterAll(async () => {
  await session?.close()
  rmSync(folder, { recursive: true, force: true })
})

const schema = {
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
const table = fc.oneof(fc.array(row, { maxLength: 3 }), fc.array(row, { minLength: 5, maxLength: 12, size: "max" }))

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

async function rowsIn(relation: Relation): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const batch of session.batches(relation, signal)) {
    for (const made of rowsOf(batch as Parameters<typeof rowsOf>[0], relation.schema)) texts.push(textOf(made))
  }
  return texts.sort()
}

/** -0 equals 0: which of them stands for both is not defined. */
function textOf(made: object): string {
  return JSON.stringify(made, (_, value) => {
    if (typeof value === "bigint") return `${value}n`
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value
  })
}

async function uploaded(rows: readonly object[]): Promise<PlanFrame> {
  const relation = (await session.upload(rowBatches(rows, schema), schema)) as Relation
  return lazyFrame(relation) as unknown as PlanFrame // what a frame is at run time
}

/** The rows of a plan each of whose steps is stored before the next one reads it. */
async function cutRows(root: Relation): Promise<readonly string[]> {
  const stored = new Map<Relation, Relation>()
  for (const relation of bottomUp(root)) {
    const whole = mapRelation(
      relation,
      input => stored.get(input) ?? input,
      expression => expression,
    )
    // an order does not outlive a store: the limit above reads the sort itself
    const keeps = relation.kind === "table" || relation.kind === "sort"
    const upload = () => session.upload(session.batches(whole, signal), relation.schema) as Promise<Relation>
    stored.set(relation, keeps ? whole : await upload())
  }
  return rowsIn(stored.get(root) ?? root)
}

/** The plan as its Spark text is read back; undefined where the reader does not know a part of it. */
function readBack(root: Relation): Relation | undefined {
  const { sql } = compileSpark(root)
  const tables = bottomUp(root).filter(relation => relation.kind === "table")
  const find = (path: readonly string[]) => tables.find(table => table.path.join(".") === path.join("."))
  try {
    return resolveQuery(parseQuery(sql), { known: tables.map(table => table.path.join(".")), find })
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}

test("random plans give the same rows as one query, cut into stored steps, and read back from their Spark text", async () => {
  let plans = 0
  let read = 0
  let rows = 0
  const steps = fc.array(step, { minLength: 1, maxLength: 6, size: "max" })
  await fc.assert(
    fc.asyncProperty(table, table, steps, async (left, right, recipe) => {
      const other = await uploaded(right)
      let made: Made = { frame: await uploaded(left), joins: 0 }
      recipe.forEach((one, place) => {
        made = apply(made, one, place, other)
      })
      const relation = relationOf(made.frame, "test")
      const whole = await rowsIn(relation)
      expect(await cutRows(relation)).toEqual(whole)
      const again = readBack(relation)
      if (again) expect(await rowsIn(again)).toEqual(whole)
      plans++
      rows += whole.length
      if (again) read++
    }),
    { numRuns: 200, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  )
  console.log(`plans: ${plans}, rows: ${rows}, read back: ${read}`)
  expect(plans).toBeGreaterThan(20)
  expect(rows).toBeGreaterThan(plans / 2)
})
