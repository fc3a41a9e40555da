import { ioContext } from "@assets/core/testing"
import { expect, test } from "vitest"
import { tableIO } from "../src/index.ts"

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

test("keeps ORC files on a disk, on S3 and on HDFS", () => {
  const refused = (root: string) => tableIO({ format: "orc", root }).refusal?.({ engine: "spark" })
  expect(["lake", "s3://lake/assets", "hdfs://namenode/lake", "$" + "{LAKE}/x"].map(refused)).toEqual(
    Array(4).fill(undefined),
  )
  expect(refused("abfs://lake")?.fix).toContain("s3://bucket")
  expect(tableIO({ format: "orc", root: "lake" }).refusal?.({ engine: "duckdb" })?.fix).toContain("engine: spark()")
})

test.each([
  [{}, /root/],
  [{ database: "" }, /database/],
  [{ database: "marts", root: "" }, /root/],
  [{ format: "iceberg" }, /root/],
  [{ format: "iceberg", root: "" }, /root/],
  [{ format: "csv", root: "lake" }, /"csv"/],
  [{ format: "orc" }, /root/],
  [{ format: "iceberg", root: "lake", database: "marts" }, /catalogs of its own/],
  [{ format: "orc", root: "lake", database: "a.b" }, /database/],
  [{ format: "orc", catalog: { uri: "http://localhost:8181" } }, /none of "orc"/],
  [{ format: "iceberg", root: "lake", keep: 3 }, /'keep'/],
  [{ format: "iceberg", catalog: "prod" }, /no object/],
  [{ format: "iceberg", catalog: { type: "hive" } }, /'type'/],
  [{ format: "iceberg", catalog: { warehouse: "lake" } }, /no uri/],
  [{ format: "iceberg", catalog: { uri: "http://localhost:8181", token: "" } }, /catalog\.token/],
  [{ format: "iceberg", catalog: { uri: "http://localhost:8181", token: "t", credential: "c:s" } }, /a token and a/],
  [{ format: "iceberg", root: "lake", catalog: { uri: "http://localhost:8181" } }, /Both/],
  ["lake", /no object/],
])("refuses the options %j", (options, why) => {
  expect(() => Reflect.apply(tableIO, undefined, [options])).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", why: expect.stringMatching(why) }),
  )
})

test("keeps tables of a database as Spark does, Parquet in its warehouse, unless told otherwise", () => {
  const told = (...options: Parameters<typeof tableIO>) => tableIO(...options).describe?.()
  const root = "spark-warehouse/marts.db"
  expect(told({ database: "marts" })).toEqual({ database: "marts", format: "parquet", root })
  expect(told({ database: "marts", format: "orc", root: "lake" })).toMatchObject({ format: "orc", root: "lake" })
  expect(tableIO({ root: "lake" }).name).toBe("parquet")
})

test("tells its options by names under which secrets are hidden", () => {
  const catalog = { uri: "http://localhost:8181", token: "t" }
  const told = { format: "iceberg", "catalog.uri": catalog.uri, "catalog.token": "t" }
  expect(tableIO({ format: "iceberg", catalog }).describe?.()).toEqual(told)
})

test.each(["../outside", "a/../../b", "_assets/x", "a//b", ""])("refuses the key %j", async key => {
  const current = tableIO({ format: "iceberg", root: "lake" }).current(ioContext("/nowhere"), [key])
  await expect(current).rejects.toMatchObject({ code: "ASSET_KEY_INVALID" })
})
