import { ioManagerConformance } from "@assets/core/testing"
import { expect, test } from "vitest"
import { casesOnS3OnSpark } from "./cases-on-s3-on-spark.ts"
import { describeIOManagers } from "./describe-io-managers.ts"
import { isOnSpark } from "./each-storage.ts"

describeIOManagers(name => !isOnSpark(name))

test("each case has a name of its own", () => {
  const names = ioManagerConformance.map(one => `${one.theme}: ${one.name}`)
  expect(new Set(names).size).toBe(names.length)
})

test("each case that is run on S3 on Spark is one of the suite", () => {
  const names = new Set(ioManagerConformance.map(one => `${one.theme}: ${one.name}`))
  expect([...casesOnS3OnSpark].filter(name => !names.has(name))).toEqual([])
})
