import { EngineError, StorageError } from "@assets/core"
import { status } from "@grpc/grpc-js"
import { describe, expect, test } from "vitest"
import { sparkError } from "../../src/connect/error.ts"
import type { Failure } from "../../src/connect/failure.ts"
import { parseServerVersion } from "../../src/connect/server-version.ts"

const failure = (parts: Partial<Failure>): Failure => ({
  code: status.INTERNAL,
  message: "",
  parameters: {},
  contexts: [],
  classes: [],
  causes: [],
  ...parts,
})
const facts = { remote: "spark:15002", isBroken: false }

describe("a failed call", () => {
  test.each([
    ["UNAUTHENTICATED", { code: status.UNAUTHENTICATED }, "ENGINE_UNAUTHENTICATED", false],
    ["PERMISSION_DENIED", { code: status.PERMISSION_DENIED }, "ENGINE_UNAUTHENTICATED", false],
    ["CANCELLED", { code: status.CANCELLED }, "ENGINE_INTERRUPTED", false],
    ["UNIMPLEMENTED", { code: status.UNIMPLEMENTED }, "ENGINE_VERSION_UNSUPPORTED", false],
    ["RESOURCE_EXHAUSTED", { code: status.RESOURCE_EXHAUSTED }, "ENGINE_QUERY_FAILED", false],
    ["an interrupted operation", { condition: "OPERATION_CANCELED" }, "ENGINE_INTERRUPTED", false],
    ["a changed session", { condition: "INVALID_HANDLE.SESSION_CHANGED" }, "ENGINE_SESSION_LOST", false],
    ["a closed session", { condition: "INVALID_HANDLE.SESSION_CLOSED" }, "ENGINE_SESSION_LOST", false],
    ["an abandoned operation", { condition: "INVALID_HANDLE.OPERATION_ABANDONED" }, "ENGINE_QUERY_FAILED", true],
    [
      "an orphaned operation",
      { message: "Operation was orphaned because of an internal error." },
      "ENGINE_QUERY_FAILED",
      true,
    ],
    ["a full heap", { message: "Java heap space" }, "ENGINE_OUT_OF_MEMORY", false],
    ["a full heap below", { causes: ["java.lang.OutOfMemoryError: Java heap space"] }, "ENGINE_OUT_OF_MEMORY", false],
    ["a refused query", { condition: "DIVIDE_BY_ZERO" }, "ENGINE_QUERY_FAILED", false],
    ["a lost executor", { message: "ExecutorLostFailure (executor 1 exited)" }, "ENGINE_QUERY_FAILED", true],
  ] as const)("of %s is %o as %s", (_name, parts, code, transient) => {
    const error = sparkError(failure(parts), facts)
    expect(error).toBeInstanceOf(EngineError)
    expect([error.code, (error as EngineError).transient]).toEqual([code, transient])
  })

  test("of the way is worth another try, and says where to", () => {
    const lost = sparkError(failure({ code: status.UNAVAILABLE, message: "ECONNREFUSED" }), {
      ...facts,
      isBroken: true,
    })
    expect(lost).toMatchObject({
      code: "ENGINE_UNREACHABLE",
      message: "Spark at spark:15002 cannot be reached.",
      why: "ECONNREFUSED",
      transient: true,
    })
    const late = sparkError(failure({ code: status.DEADLINE_EXCEEDED }), { ...facts, isBroken: true })
    expect(late).toMatchObject({ code: "ENGINE_UNREACHABLE", message: "Spark at spark:15002 did not answer in time." })
  })

  test("by a certificate that is not trusted says what to trust", () => {
    const message = "No connection established. Last error: Error: self-signed certificate. Resolution note: "
    const error = sparkError(failure({ code: status.UNAVAILABLE, message }), { ...facts, isBroken: true })
    expect(error).toMatchObject({
      code: "ENGINE_UNREACHABLE",
      message: "There is no TLS connection to Spark at spark:15002.",
      fix: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
      transient: false,
    })
  })

  test("of a full disk is one of storage, wherever the disk is told of", () => {
    const causes = ["org.apache.spark.SparkException: Job aborted", "java.io.IOException: No space left on device"]
    const error = sparkError(failure({ message: "Job aborted", causes }), facts)
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ code: "STORAGE_FULL", why: "java.io.IOException: No space left on device" })
  })

  test("of a task is told by its own sentence", () => {
    const message =
      "Job aborted due to stage failure: Lost task 0.0 in stage 7.0: org.apache.spark.SparkArithmeticException: [DIVIDE_BY_ZERO] Division by zero."
    const error = sparkError(failure({ condition: "DIVIDE_BY_ZERO", message }), facts)
    expect(error.message).toBe("The query raised DIVIDE_BY_ZERO: Division by zero.")
  })

  test("keeps what Spark knows of it, and no stack", () => {
    const contexts = [{ fragment: "1/0", startIndex: 7, stopIndex: 9 }]
    const message = "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012\n== SQL ==\nselect 1/0"
    const known = { message, condition: "DIVIDE_BY_ZERO", sqlState: "22012", parameters: { config: "x" }, contexts }
    const error = sparkError(failure({ ...known, classes: ["org.apache.spark.SparkArithmeticException"] }), {
      ...facts,
      operationId: "op",
    })
    expect(error.message).toBe("The query raised DIVIDE_BY_ZERO: Division by zero.")
    expect(error.details).toEqual({ ...known, operationId: "op" })
    expect(error.fix).toContain("tryDivide")
  })
})

describe("the version of a server", () => {
  test.each(["3.5.0", "3.5.6", "4.0.1", "4.1.2", "4.2.0-SNAPSHOT", "5.0.0", "16.4.x-photon"])("%s is taken", text => {
    expect(parseServerVersion(text, "h:1").text).toBe(text)
  })

  test("is compared by its numbers", () => {
    const version = parseServerVersion("4.1.2", "h:1")
    expect([version.isAtLeast(4, 1), version.isAtLeast(3, 9), version.isAtLeast(4, 2)]).toEqual([true, true, false])
    expect(parseServerVersion("4.10.0", "h:1").isAtLeast(4, 9)).toBe(true)
  })

  test.each(["3.4.4", "2.4.0", "", "Photon"])("'%s' is refused", text => {
    expect(() => parseServerVersion(text, "h:1")).toThrow(
      expect.objectContaining({ code: "ENGINE_VERSION_UNSUPPORTED" }),
    )
  })
})
