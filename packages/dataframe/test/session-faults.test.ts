import { duckdb } from "@assets/io-duckdb"
import { expect, test } from "vitest"
import { openSession, t } from "../src/index.ts"

test("an error of the code that makes the rows is told as it is", async () => {
  await using session = await openSession(duckdb())
  async function* broken() {
    yield { a: 1 }
    throw new RangeError("the API is down")
  }
  const thrown = await session
    .createDataFrame({ a: t.int32 }, broken())
    .count()
    .catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(RangeError)
})

test("a missing value within a row is refused like a missing column", async () => {
  await using session = await openSession(duckdb())
  const columns = { st: t.struct({ x: t.int32 }), xs: t.array(t.int32) }
  const made = (row: object) => session.createDataFrame(columns, [row as never]).count()
  await expect(made({ st: {}, xs: [] })).rejects.toThrow("Row 0, column 'st': the field 'x' has no value")
  await expect(made({ st: null, xs: [1, undefined] })).rejects.toThrow("Row 0, column 'xs': an element has no value")
})

test("an action after the session was closed says so", async () => {
  const session = await openSession(duckdb())
  const made = session.createDataFrame({ a: t.int32 }, [{ a: 1 }])
  expect(await made.count()).toBe(1)
  await session.close()
  await expect(made.count()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE", message: "The session is closed." })
})

test("frames of two sessions do not join", async () => {
  await using one = await openSession(duckdb())
  await using other = await openSession(duckdb())
  const a = one.createDataFrame({ a: t.int32 }, [{ a: 1 }])
  const b = other.createDataFrame({ a: t.int32 }, [{ a: 1 }])
  await expect(a.join(b, "a").count()).rejects.toMatchObject({
    code: "FRAME_INPUT_UNBOUND",
    fix: expect.stringContaining("same session"),
  })
})
