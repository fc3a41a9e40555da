import { compileSpark, openSession, type Session, t } from "@assets/dataframe"
import {
  avg,
  bitXor,
  boolAnd,
  collectSet,
  count,
  countDistinct,
  countIf,
  max,
  min,
  sum,
  upper,
} from "@assets/dataframe/functions"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, expect, test } from "vitest"
import { bindPlan } from "../src/plan/bind-plan.ts"
import { relationOf } from "../src/plan-frame.ts"

let session: Session
beforeAll(async () => {
  session = await openSession(duckdb({ threads: 1 }))
})
afterAll(() => session?.close())

const columns = {
  k: t.string,
  n: t.int32,
  x: t.float64,
  price: t.decimal(10, 2),
  flag: t.boolean,
  tags: t.map(t.string, t.int32),
}

/** Nine rows of ten have one key; a few keys are null, and a few values. */
const rows = Array.from({ length: 300 }, (_, n) => ({
  k: n % 10 > 0 ? "often" : n % 100 === 0 ? null : `rare ${n % 3}`,
  n: n % 7 === 0 ? null : n,
  x: n % 5 === 0 ? null : n / 8,
  price: `${n}.25`,
  flag: n % 9 < 8,
  tags: new Map([["n", n]]),
}))

const frames = () => {
  const grouped = session.createDataFrame(columns, rows).groupBy("k")
  return [grouped, grouped.salted("k", 4)] as const
}

type Grouped = ReturnType<typeof frames>[number]

function aggregated(grouped: Grouped) {
  return grouped.agg(f => ({
    rows: count(),
    numbers: count(f.n),
    total: sum(f.n),
    revenue: sum(f.price),
    mean: avg(f.x),
    least: min(f.x),
    last: max(upper(f.k)),
    high: countIf(f.n.gt(100)),
    all: boolAnd(f.flag),
    bits: bitXor(f.n),
    spread: max(f.n).minus(min(f.n)).multiply(2),
  }))
}

/** The Spark text of a frame over a table with the name `data`. */
function sparkOf(frame: unknown): string {
  const relation = relationOf(frame, "test")
  if (relation.kind !== "aggregate") throw new Error("an aggregate is printed")
  const data = { kind: "table", path: ["data"], schema: relation.input.schema } as const
  return compileSpark(bindPlan({ ...relation, input: data }, { inputs: new Map(), parameters: new Map() })).sql
}

test("a salted group-by is printed for Spark in two steps, whose rows are those of one", async () => {
  const [plain, salted] = frames().map(aggregated)
  const text = sparkOf(salted)
  const bucket = "pmod(xxhash64(t.`k`, t.`n`, t.`x`, t.`price`, t.`flag`), 4)"
  expect(text).toContain(`GROUP BY t.\`k\`, ${bucket}) AS t GROUP BY t.\`k\``)
  // Which part a row is in changes nothing: DuckDB does not know Spark's hash, and takes another one.
  const readable = text.replace(bucket, "pmod(coalesce(t.`n`, 1), 4)")
  const data = session.createDataFrame(columns, rows)
  const twoSteps = session.sql(`${readable} ORDER BY \`k\``, { data })
  expect(twoSteps.schema()).toEqual(plain?.schema())
  const expected = await plain?.orderBy("k").take(10)
  expect(expected).toHaveLength(5)
  expect(await twoSteps.take(10)).toEqual(expected)
})

test("what needs all rows of a group at once is not computed in parts", () => {
  const [, salted] = frames()
  for (const whole of [
    salted.agg(f => ({ n: countDistinct(f.n) })),
    salted.agg(f => ({ n: count(), set: collectSet(f.n) })),
    salted.agg(f => ({ mean: avg(f.price) })),
  ]) {
    expect(sparkOf(whole)).not.toContain("xxhash64")
  }
})
