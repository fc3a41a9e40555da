import { expect, test } from "vitest"
import { type ServerEnd, serverFailure } from "../../src/launch/start-failure.ts"

const failure = (log: string, end: Partial<ServerEnd> = {}) =>
  serverFailure({ master: "local[2]", code: 1, log, ...end })

// Lines as Java 17 and Spark 4.1 print them.
test.each([
  [
    "ENGINE_OUT_OF_MEMORY",
    "Error occurred during initialization of VM\nCould not reserve enough space for 921600000KB object heap",
    1,
  ],
  [
    "ENGINE_OUT_OF_MEMORY",
    "20:00:00.000 ERROR Executor: Exception in task\njava.lang.OutOfMemoryError: Java heap space",
    52,
  ],
  ["ENGINE_OUT_OF_MEMORY", "", 52],
  ["STORAGE_FULL", "java.io.IOException: No space left on device\n\tat java.base/java.io.FileOutputStream.write", 1],
  ["SPARK_START_FAILED", "Error: Could not create the Java Virtual Machine.\nUnrecognized option: -Xfoo", 1],
  [
    "SPARK_MISSING",
    "Error: Could not find or load main class org.apache.spark.sql.connect.service.SparkConnectServer",
    1,
  ],
  ["SPARK_START_FAILED", "", 137],
])("%s for a server that printed %j and ended with %i", (code, log, exitCode) => {
  const error = failure(log, { code: exitCode })
  expect(error.code).toBe(code)
  expect(error.details).toEqual({ log, exitCode, master: "local[2]" })
})

test("a cluster that does not answer is told by its name, and may be tried again", () => {
  const log = "20:00:00.000 WARN StandaloneAppClient$ClientEndpoint: Failed to connect to master host:7077"
  const error = failure(log, { master: "spark://host:7077", code: undefined, waitedSeconds: 300 })
  expect(error).toMatchObject({ code: "SPARK_START_FAILED", transient: true })
  expect(error.message).toBe("The cluster spark://host:7077 does not answer.")
  expect(error.why).toBe(log)
})

test("what nobody foresaw is told by the last cause in the log", () => {
  const log = [
    'Exception in thread "main" org.apache.spark.SparkException: The server did not start',
    "\tat org.apache.spark.Main.main(Main.scala)",
    "Caused by: java.net.BindException: Cannot assign requested address",
    "\t... 10 more",
  ].join("\n")
  expect(failure(log).why).toBe("Caused by: java.net.BindException: Cannot assign requested address")
})
