import { EngineError, StorageError } from "@assets/core"
import { describe, expect, test } from "vitest"
import { storageErrorOf } from "../src/spark-storage-error.ts"

const path = "/data/marts/orders/_versions/01a1/part-0.zstd.parquet"

function failed(condition: string, cause: string): EngineError {
  const message = `[${condition}] Encountered error while reading file file://${path}. SQLSTATE: KD001`
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: message,
    why: message,
    fix: "",
    details: { condition, message, causes: [cause] },
  })
}

test.each([
  `java.nio.file.NoSuchFileException: ${path}`,
  `java.io.FileNotFoundException: File file:${path} does not exist`,
])("a stored file that is gone while it is read was replaced, and is not damaged: %s", cause => {
  expect(storageErrorOf(failed("FAILED_READ_FILE.NO_HINT", cause), {})).toMatchObject({
    code: "STORAGE_DATA_MISSING",
    details: { path },
  })
})

test("a stored file that cannot be read is damaged", () => {
  const error = failed("FAILED_READ_FILE.NO_HINT", "java.io.IOException: not a Parquet file")
  expect(storageErrorOf(error, {})).toMatchObject({ code: "STORAGE_CORRUPT", details: { path } })
})

describe("what is on gs://", () => {
  const target = "gs://lake/assets/orders/_versions/01a1"
  const told = (reason: string) => failed("", `java.io.IOException: Error accessing ${target}. reason=${reason}`)

  test.each([
    ["401 Unauthorized", "STORAGE_ACCESS_REFUSED", "roles/storage.objectUser"],
    ["403 Forbidden", "STORAGE_ACCESS_REFUSED", "roles/storage.objectUser"],
    ["Unexpected end of file from server", "STORAGE_UNREACHABLE", "curl -I https://storage.googleapis.com"],
    ['404 Not Found\n  "message" : "The specified bucket does not exist."', "STORAGE_BUCKET_MISSING", "gs://lake"],
    [
      "Error getting access token from metadata server at: http://169.254.169.254/",
      "STORAGE_ACCESS_REFUSED",
      "gcloud auth application-default login",
    ],
  ])("is told by what the connector says: %s", (reason, code, fix) => {
    const error = storageErrorOf(told(reason), { target })
    expect(error).toMatchObject({ code, fix: expect.stringContaining(fix), details: { url: target } })
  })

  test.each([
    'org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "gs"',
    "java.lang.ClassNotFoundException: Class com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem not found",
  ])("needs a jar, which is named where it is missing: %s", cause => {
    expect(storageErrorOf(failed("", cause), { target })).toMatchObject({
      code: "SPARK_MISSING",
      fix: expect.stringContaining("assets spark install --with gcs"),
    })
  })
})

describe("a write to HDFS", () => {
  const target = "hdfs://lake/assets/orders/_versions/01a1"

  test("that meets a quota is told so, and by which command it is seen", () => {
    const cause = new StorageError("STORAGE_FULL", {
      what: "A disk that Spark writes to is full.",
      why: "org.apache.hadoop.hdfs.protocol.NSQuotaExceededException: The NameSpace quota of /assets is exceeded",
      fix: "",
    })
    expect(storageErrorOf(cause, { target })).toMatchObject({
      code: "STORAGE_FULL",
      message: `There is no room left for ${target}.`,
      fix: expect.stringContaining("hdfs dfs -count -q"),
    })
  })

  test("whose namenode does not answer is not taken for a fault of the query", () => {
    const why = "java.net.ConnectException: Call From here/10.0.0.1 to nn:8020 failed on connection exception: refused"
    expect(storageErrorOf(failed("", why), { target })).toMatchObject({
      code: "STORAGE_UNREACHABLE",
      fix: expect.stringContaining("HADOOP_CONF_DIR"),
    })
  })
})
