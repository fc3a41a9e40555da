import { openSession, type Session, t } from "@assets/dataframe"
import {
  aggregate,
  arrayInsert,
  arrayRepeat,
  arraysOverlap,
  elementAt,
  exists,
  explode,
  explodeEntries,
  explodeEntriesOuter,
  explodeOuter,
  filter,
  forall,
  lit,
  mapConcat,
  mapEntries,
  mapFilter,
  mapFromEntries,
  mapZipWith,
  posexplode,
  posexplodeOuter,
  sequence,
  slice,
  strToMap,
  struct,
  transform,
  transformKeys,
  transformValues,
  tryElementAt,
  upper,
  zipWith,
} from "@assets/dataframe/functions"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { canonicalPlan } from "../src/plan/canonical-plan.ts"
import { relationOf } from "../src/plan-frame.ts"

const columns = { id: t.int32, items: t.array(t.int32), more: t.array(t.int32), prices: t.map(t.string, t.int32) }
const rows = [
  {
    id: 1,
    items: [1, 2, 3],
    more: [3, 4],
    prices: new Map([
      ["a", 1],
      ["b", 2],
    ]),
  },
  { id: 2, items: [], more: [1], prices: new Map() },
  { id: 3, items: null, more: null, prices: null },
]

let session: Session
beforeAll(async () => {
  session = await openSession(duckdb({ threads: 1 }))
})
afterAll(() => session?.close())

const data = () => session.createDataFrame(columns, rows)

describe("a function of the elements of an array", () => {
  test("computes each anew, by its value and its place", async () => {
    const made = data().select(f => ({
      doubled: transform(f.items, x => x.multiply(2)),
      placed: transform(f.items, (x, i) => x.multiply(i)),
      odd: filter(f.items, x => x.mod(2).equalTo(1)),
      some: exists(f.items, x => x.gt(2)),
      all: forall(f.items, x => x.gt(2)),
      sum: aggregate(f.items, lit(10), (sum, x) => sum.plus(x)),
      text: aggregate(
        f.items,
        lit(""),
        (_sum, x) => upper(x.cast(t.string)),
        sum => upper(sum),
      ),
      zipped: zipWith(f.items, f.more, (a, b) => a.plus(b)),
    }))
    expect(await made.take(3)).toEqual([
      {
        doubled: [2, 4, 6],
        placed: [0, 2, 6],
        odd: [1, 3],
        some: true,
        all: false,
        sum: 16,
        text: "3",
        zipped: [4, 6, null],
      },
      { doubled: [], placed: [], odd: [], some: false, all: true, sum: 10, text: "", zipped: [null] },
      { doubled: null, placed: null, odd: null, some: null, all: null, sum: null, text: null, zipped: null },
    ])
  })

  test("sees the parameters of the functions round it, and hides those of the same name", async () => {
    const made = data().select(f => ({
      table: transform(f.items, x => transform(f.more, y => x.multiply(10).plus(y))),
      nested: zipWith(f.items, f.items, (a, b) => aggregate(f.more, a, (sum, x) => sum.plus(x).plus(b))),
    }))
    expect(await made.first()).toEqual({
      table: [
        [13, 14],
        [23, 24],
        [33, 34],
      ],
      nested: [10, 13, 16],
    })
  })

  test("is the same plan whatever its parameters are called", () => {
    const plan = (frame: unknown) => canonicalPlan(relationOf(frame, "test"))
    const one = data()
    expect(plan(one.select(f => ({ a: transform(f.items, x => x.plus(1)) })))).toEqual(
      plan(one.select(g => ({ a: transform(g.items, element => element.plus(1)) }))),
    )
  })
})

test("a function of the entries of a map keeps or changes them", async () => {
  const made = data().select(f => ({
    dear: mapFilter(f.prices, (_, price) => price.gt(1)),
    upper: transformKeys(f.prices, key => upper(key)),
    twice: transformValues(f.prices, (_, price) => price.multiply(2)),
    both: mapZipWith(f.prices, f.prices, (_, a, b) => a.plus(b)),
    joined: mapConcat(
      f.prices,
      transformValues(strToMap("x:7"), (_, v) => v.cast(t.int32)),
    ),
    again: mapFromEntries(mapEntries(f.prices)),
  }))
  const [first] = await made.take(1)
  expect(first).toEqual({
    dear: new Map([["b", 2]]),
    upper: new Map([
      ["A", 1],
      ["B", 2],
    ]),
    twice: new Map([
      ["a", 2],
      ["b", 4],
    ]),
    both: new Map([
      ["a", 2],
      ["b", 4],
    ]),
    joined: new Map([
      ["a", 1],
      ["b", 2],
      ["x", 7],
    ]),
    again: new Map([
      ["a", 1],
      ["b", 2],
    ]),
  })
})

test("an array is cut, filled and looked into by places", async () => {
  const made = data().select(f => ({
    tail: slice(f.items, -2, 2),
    put: arrayInsert(f.items, 2, 9),
    far: arrayInsert(f.items, 5, 9),
    front: arrayInsert(f.items, -5, 9),
    end: arrayInsert(f.items, -1, 9),
    twice: arrayRepeat(f.id, 2),
    share: arraysOverlap(f.items, f.more),
    last: tryElementAt(f.items, -1),
    none: tryElementAt(f.items, 9),
    down: sequence(lit(3), f.id),
    steps: sequence(lit(1), lit(6), 2),
    point: struct({ x: f.id, y: elementAt(f.items, 1) }),
  }))
  expect(await made.first()).toEqual({
    tail: [2, 3],
    put: [1, 9, 2, 3],
    far: [1, 2, 3, null, 9],
    front: [9, null, 1, 2, 3],
    end: [1, 2, 3, 9],
    twice: [1, 1],
    share: true,
    last: 3,
    none: null,
    down: [3, 2, 1],
    steps: [1, 3, 5],
    point: { x: 1, y: 1 },
  })
})

describe("rows are generated", () => {
  test("from one column of a projection, and used in the next", async () => {
    const made = data()
      .select("id", f => ({ item: explode(f.items) }))
      .filter(f => f.item.gt(1))
    expect(await made.take(9)).toEqual([
      { id: 1, item: 2 },
      { id: 1, item: 3 },
    ])
    const placed = data().select("id", f => {
      const { pos, col } = posexplode(f.items)
      return { place: pos, item: col }
    })
    expect(await placed.count()).toBe(3)
  })

  test("also where there is no element, when that is asked for", async () => {
    const ids = async (frame: { count(): Promise<number> }) => frame.count()
    expect(await ids(data().select("id", f => ({ item: explodeOuter(f.items) })))).toBe(5)
    expect(await ids(data().select("id", f => ({ ...posexplodeOuter(f.items) })))).toBe(5)
    const entries = data().select("id", f => ({ ...explodeEntriesOuter(f.prices) }))
    expect(await entries.filter(f => f.key.isNull()).take(9)).toEqual([
      { id: 2, key: null, value: null },
      { id: 3, key: null, value: null },
    ])
  })

  test("never from two, nor inside of an expression", () => {
    expect(() => data().select(f => ({ a: explode(f.items), b: explode(f.more) }))).toThrow("two columns")
    expect(() => data().select(f => ({ a: explode(f.items).plus(1) }))).toThrow("explode()")
    expect(() => data().filter(f => explode(f.items).gt(1))).toThrow("explode()")
    // @ts-expect-error explode takes an array
    expect(() => data().select(f => ({ a: explode(f.id) }))).toThrow("int")
  })

  test("from a map as its keys and values", async () => {
    const made = data().select("id", f => ({ ...explodeEntries(f.prices) }))
    expect(await made.take(9)).toEqual([
      { id: 1, key: "a", value: 1 },
      { id: 1, key: "b", value: 2 },
    ])
  })
})
