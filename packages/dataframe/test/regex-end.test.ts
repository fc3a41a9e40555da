import { duckdb } from "@assets/io-duckdb"
import { expect, test } from "vitest"
import { openSession, t } from "../src/index.ts"

test("$ at the end of a pattern matches before the line's end that ends a text, as in Java", async () => {
  await using session = await openSession(duckdb())
  const texts = ["a", "a\n", "a\r\n", "a\u2028", "a\n\n", "ab", "a$"]
  const rows = session.createDataFrame(
    { s: t.string },
    texts.map(s => ({ s })),
  )
  const matching = async (pattern: string) =>
    (await rows.filter(f => f.s.rlike(pattern)).take(9)).map(row => texts.indexOf(row.s ?? ""))
  expect(await matching("a$")).toEqual([0, 1, 2, 3])
  expect(await matching("^a$")).toEqual([0, 1, 2, 3])
  expect(await matching("a\\$")).toEqual([6])
  expect(await matching("[$]")).toEqual([6])
})
