import { ioContext } from "@assets/core/testing"
import { expect, test } from "vitest"
import { tableIO } from "../../src/index.ts"

test("takes Spark as its engine, and refuses another with the reason", () => {
  const io = tableIO({ format: "iceberg", root: "lake" })
  expect(io.defaultEngine).toEqual({ module: "@assets/io-spark", name: "spark" })
  expect(io.refusal?.({ engine: "spark" })).toBeUndefined()
  expect(io.refusal?.({ engine: undefined })).toBeUndefined()
  expect(io.refusal?.({ engine: "duckdb" })?.fix).toContain("engine: spark()")
})

test("refuses a root that this process does not reach", () => {
  expect(tableIO({ format: "iceberg", root: "s3://lake" }).refusal?.({ engine: "spark" })?.fix).toContain("folder")
  expect(tableIO({ format: "iceberg", root: "$" + "{LAKE}" }).refusal?.({ engine: "spark" })).toBeUndefined()
})

test.each([
  [{}, /format/],
  [{ format: "iceberg" }, /root/],
  [{ format: "iceberg", root: "" }, /root/],
  [{ format: "orc", root: "lake" }, /"orc"/],
  [{ format: "iceberg", root: "lake", keep: 3 }, /'keep'/],
  [{ format: "iceberg", catalog: "prod" }, /Catalogs that a cluster knows by name/],
  ["lake", /no object/],
])("refuses the options %j", (options, why) => {
  expect(() => Reflect.apply(tableIO, undefined, [options])).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", why: expect.stringMatching(why) }),
  )
})

test.each(["../outside", "a/../../b", "_assets/x", "a//b", ""])("refuses the key %j", async key => {
  const current = tableIO({ format: "iceberg", root: "lake" }).current(ioContext("/nowhere"), [key])
  await expect(current).rejects.toMatchObject({ code: "ASSET_KEY_INVALID" })
})
