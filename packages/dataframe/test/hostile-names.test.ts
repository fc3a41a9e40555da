import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { concat, count, lit, sum } from "../src/functions.ts"
import { frame, openSession, type Session, t } from "../src/index.ts"

let session: Session

beforeAll(async () => {
  session = await openSession(duckdb())
})
afterAll(() => session?.close())

const names = [
  ..."a b|q\"t|it's|select|ü😀|constructor|then|toString|hasOwnProperty|valueOf|toJSON|inspect|prototype".split("|"),
  ..."length|name|a.b|`|0|--|/*|a\\b".split("|"),
  "a\nb",
  "__proto__",
]
const columns = Object.fromEntries(names.map(name => [name, t.int32]))
const values = Object.fromEntries(names.map((name, i) => [name, i]))
const made = () => session.createDataFrame(columns, [values])

describe("a column of any name", () => {
  test("goes in and comes out", async () => {
    const row = await made().first()
    expect(Object.entries(row ?? {})).toEqual(Object.entries(values))
  })

  test("is computed with, grouped by, joined on, sorted by and renamed", async () => {
    for (const [i, name] of names.entries()) {
      const one = made().select(name)
      expect(await one.select(f => ({ x: f[name]?.plus(1) ?? lit(0) })).first()).toEqual({ x: i + 1 })
      const grouped = one.groupBy(name).agg(f => ({ [`sum(${name})`]: sum(f[name] ?? lit(0)), rows: count() }))
      expect(Object.values((await grouped.first()) ?? {})).toEqual([i, BigInt(i), 1n])
      expect(Object.values((await one.join(one, name, "full").orderBy(name).first()) ?? {})).toEqual([i])
      expect(await one.rename({ [name]: "plain" }).first()).toEqual({ plain: i })
    }
  })

  test("is unknown when it is only a property of JavaScript's objects", () => {
    const js = session.createDataFrame({ a: t.int32 }, [{ a: 1 }]) as unknown as {
      select(name: unknown): unknown
      rename(names: object): unknown
    }
    for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
      expect(() => js.select(name)).toThrow(`There is no column '${name}'`)
    }
    expect(() => js.select((f: { toString: unknown }) => ({ x: f.toString }))).toThrow("no column 'toString'")
    expect(() => js.rename({ toString: "x" })).toThrow("no column 'toString'")
  })

  test("has one", () => {
    expect(() => frame({ "": t.int32 })).toThrow("name is empty")
  })
})

test("hundreds of columns are replaced one by one", async () => {
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`c${i}`, i]))
  let all = session.createDataFrame(Object.fromEntries(Object.keys(wide).map(name => [name, t.int64])), [wide])
  for (let i = 0; i < 40; i++) all = all.withColumn(`c${i}`, f => f[`c${i}`]?.plus(1) ?? lit(0n)) as typeof all
  const row = await all.first()
  expect([row?.c0, row?.c39, row?.c40, Object.keys(row ?? {}).length]).toEqual([1n, 40n, 40n, 500])
})

test("a literal of any characters stays what it is", async () => {
  const texts = ["it's", 'q"q', "a\nb\r", "😀", "a\0b", "\\", "\\'", "%_", "$1", "--", "/*", ";", "\u2028", "{}", "'"]
  const rows = session.createDataFrame(
    { s: t.string },
    texts.map(s => ({ s })),
  )
  for (const text of texts) {
    const found = rows.filter(f => f.s.equalTo(text).and(f.s.startsWith(text)).and(f.s.contains(text)))
    expect(await found.select(f => ({ x: concat(f.s, lit(text)) })).take(9)).toEqual([{ x: text + text }])
  }
  expect(await rows.filter(f => f.s.isin(...texts)).count()).toBe(texts.length)
})
