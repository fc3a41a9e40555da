import { expect, test } from "vitest"
import { faultsOfConf, pinnedSessionConf, sessionConfOf } from "../src/pinned-conf.ts"

test("a session works in the zone of its environment, with errors in place of nulls", () => {
  expect(pinnedSessionConf("Europe/Berlin")).toMatchObject({
    "spark.sql.session.timeZone": "Europe/Berlin",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.compression.codec": "none",
  })
})

test.each([
  "spark.sql.shuffle.partitions",
  "spark.sql.adaptive.enabled",
  "spark.sql.autoBroadcastJoinThreshold",
  "spark.memory.fraction",
  "spark.hadoop.fs.s3a.endpoint",
  "spark.sql.catalog.lake.type",
  "spark.sql.catalogImplementation",
  "spark.sql.hive.metastore.jars",
  "spark.executor.memoryOverhead",
  "spark.jars.packages",
  "spark.kubernetes.namespace",
  "spark.dynamicAllocation.enabled",
])("'%s' may be set: it changes no answer", key => {
  expect(faultsOfConf({ [key]: "1" })).toEqual([])
})

test.each([
  ["spark.sql.ansi.enabled", "it is always true"],
  ["spark.sql.session.timeZone", "the environment's 'timeZone'"],
  ["spark.sql.files.ignoreCorruptFiles", "a file that cannot be read is an error"],
  ["spark.sql.legacy.timeParserPolicy", "it is always CORRECTED"],
  ["spark.sql.legacy.charVarcharAsString", "not among those that leave every answer as it is"],
  ["spark.sql.shuffle.partitionsX", "not among those that leave every answer as it is"],
  ["spark.master", "it is the option 'master'"],
  ["spark.executor.memory", "it is the option 'executorMemory'"],
  ["spark.plugins", "may change any answer"],
  ["my.key", "not among those that leave every answer as it is"],
])("'%s' is refused, with the reason", (key, why) => {
  expect(faultsOfConf({ [key]: "1" })).toEqual([expect.stringContaining(why)])
})

test("Java is started with options of its own, and with no property", () => {
  const key = "spark.driver.extraJavaOptions"
  expect(faultsOfConf({ [key]: "-XX:TieredStopAtLevel=4  -Xss4m" })).toEqual([])
  expect(faultsOfConf({ [key]: "-Xss4m -Dspark.sql.ansi.enabled=false" })).toEqual([
    expect.stringContaining("it holds '-Dspark.sql.ansi.enabled=false'"),
  ])
})

test("of a user's settings a server that runs already is told those of a session", () => {
  const conf = { "spark.sql.shuffle.partitions": "8", "spark.executor.memoryOverhead": "1g" }
  expect(sessionConfOf(conf)).toEqual({ "spark.sql.shuffle.partitions": "8" })
})
