import { openSession, t } from "@assets/dataframe"
import { sum } from "@assets/dataframe/functions"
import { expect, test } from "vitest"
import { duckdb } from "../src/index.ts"

test("what Spark raises is raised by its condition, with what mends it", async () => {
  await using session = await openSession(duckdb())
  const frame = session.createDataFrame({ n: t.int64, zero: t.int64, s: t.string, xs: t.array(t.int32) }, [
    { n: 2n ** 63n - 1n, zero: 0, s: "x", xs: [] },
    { n: 1n, zero: 0, s: "y", xs: [] },
  ])
  const raised = (compute: Parameters<typeof frame.withColumn>[1]) => frame.withColumn("y", compute).take(9)
  const as = (condition: string, fix: RegExp) => ({
    code: "ENGINE_QUERY_FAILED",
    details: { condition },
    fix: expect.stringMatching(fix),
  })
  await expect(frame.agg(f => ({ total: sum(f.n) })).first()).rejects.toMatchObject(
    as("ARITHMETIC_OVERFLOW", /decimal/),
  )
  await expect(raised(f => f.n.plus(f.n))).rejects.toMatchObject(as("ARITHMETIC_OVERFLOW", /tryAdd/))
  await expect(raised(f => f.n.divide(f.zero))).rejects.toMatchObject(as("DIVIDE_BY_ZERO", /tryDivide/))
  await expect(raised(f => f.n.mod(f.zero))).rejects.toMatchObject(as("REMAINDER_BY_ZERO", /nullif/))
  await expect(raised(f => f.s.cast(t.int32))).rejects.toMatchObject(as("CAST_INVALID_INPUT", /tryCast/))
  await expect(raised(f => f.n.cast(t.int32))).rejects.toMatchObject(as("CAST_OVERFLOW", /tryCast/))
  await expect(raised(f => f.xs.getItem(0))).rejects.toMatchObject(as("INVALID_ARRAY_INDEX", /size/))
})
