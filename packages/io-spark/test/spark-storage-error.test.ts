import { EngineError } from "@assets/core"
import { expect, test } from "vitest"
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
