import { expect, test } from "vitest"
import { isObjectUrl, joinObjectUrl, partsOfObjectUrl, relativeObjectUrl } from "../src/object-store/object-url.ts"

test("S3, Google's store and HDFS are places of objects, in any case of their letters", () => {
  expect(["s3://b/x", "GS://b/x", "HDFS://nn:8020/x", "hdfs:///x"].map(isObjectUrl)).toEqual([true, true, true, true])
  expect(["abfss://b/x", "/data", "data/s3://x"].map(isObjectUrl)).toEqual([false, false, false])
})

test("names are joined to a place in its own scheme", () => {
  expect(joinObjectUrl("S3://lake//assets/", "a", "../b")).toBe("s3://lake/assets/b")
  expect(joinObjectUrl("hdfs://nn:8020/lake/", "a", "b.json")).toBe("hdfs://nn:8020/lake/a/b.json")
  expect(joinObjectUrl("gs://lake/", "a")).toBe("gs://lake/a")
  expect(joinObjectUrl("hdfs:///lake", "a")).toBe("hdfs:///lake/a")
  expect(joinObjectUrl("hdfs://nn:8020/lake/a", "..")).toBe("hdfs://nn:8020/lake")
})

test("what leads from a place to an object holds no scheme and no host", () => {
  expect(relativeObjectUrl("hdfs://nn/lake", "hdfs://nn/lake/a/b")).toBe("a/b")
  expect(relativeObjectUrl("s3://bucket", "s3://bucket/a")).toBe("a")
  expect(partsOfObjectUrl("hdfs://nn:8020/lake/a")).toEqual({ bucket: "nn:8020", name: "lake/a" })
  expect(partsOfObjectUrl("hdfs:///lake/a")).toEqual({ bucket: "", name: "lake/a" })
})
