import { ioContext } from "@assets/core/testing"
import { expect, test } from "vitest"
import { deltaIO } from "../../src/index.ts"

test("takes Spark as its engine, and refuses another with the reason", () => {
  const io = deltaIO({ root: "lake" })
  expect(io.defaultEngine).toEqual({ module: "@assets/io-spark", name: "spark" })
  expect(io.refusal?.({ engine: "spark" })).toBeUndefined()
  expect(io.refusal?.({ engine: undefined })).toBeUndefined()
  expect(io.refusal?.({ engine: "duckdb" })?.fix).toContain("engine: spark()")
})

test("refuses a root that this process does not reach", () => {
  expect(deltaIO({ root: "abfss://lake/assets" }).refusal?.({ engine: "spark" })?.fix).toContain("gs://bucket")
  for (const scheme of ["s3", "gs", "hdfs"]) {
    expect(deltaIO({ root: `${scheme}://lake/assets` }).refusal?.({ engine: "spark" })).toBeUndefined()
  }
  expect(deltaIO({ root: "$" + "{LAKE}/assets" }).refusal?.({ engine: "spark" })).toBeUndefined()
})

test.each([{}, { root: "" }, { root: "lake", keep: 3 }, "lake"])("refuses the options %j", options => {
  expect(() => Reflect.apply(deltaIO, undefined, [options])).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  )
})

test.each(["../outside", "a/../../b", "_delta_log/x", "a//b", ""])("refuses the key %j", async key => {
  const current = deltaIO({ root: "lake" }).current(ioContext("/nowhere"), [key])
  await expect(current).rejects.toMatchObject({ code: "ASSET_KEY_INVALID" })
})
