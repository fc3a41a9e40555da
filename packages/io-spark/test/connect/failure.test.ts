import { create, toBinary } from "@bufbuild/protobuf"
import { anyPack } from "@bufbuild/protobuf/wkt"
import { Metadata, type ServiceError, status } from "@grpc/grpc-js"
import { expect, test } from "vitest"
import { Channel } from "../../src/connect/channel.ts"
import { failureOf } from "../../src/connect/failure.ts"
import { parseRemote } from "../../src/connect/remote.ts"
import { SessionCalls } from "../../src/connect/session-calls.ts"
import { ErrorInfoSchema, StatusSchema } from "../../src/generated/google_rpc_pb.ts"

/** What a call fails by whose message is too long for gRPC's own field. */
function longFailure(message: string): ServiceError {
  const metadata = new Metadata()
  const info = create(ErrorInfoSchema, { metadata: { classes: '["java.lang.IllegalStateException"]' } })
  const told = create(StatusSchema, { code: status.INTERNAL, message, details: [anyPack(ErrorInfoSchema, info)] })
  metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, told)))
  return Object.assign(new Error("13 INTERNAL: "), { code: status.INTERNAL, details: "", metadata })
}

test("the message of a failure is told also where it stands among the details alone", async () => {
  const channel = new Channel(parseRemote("sc://127.0.0.1:1"))
  const long = "Cannot call methods on a stopped SparkContext.\nThis stopped SparkContext was created at …"
  expect(await failureOf(longFailure(long), new SessionCalls(channel))).toMatchObject({
    message: long,
    classes: ["java.lang.IllegalStateException"],
  })
  channel.close()
})

test.each([
  [
    "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column cannot be resolved.; line 1 pos 7",
    "UNRESOLVED_COLUMN.WITH_SUGGESTION",
  ],
  [
    "Job aborted due to stage failure: Lost task 0.0 in stage 7.0: org.apache.spark.SparkArithmeticException: [ARITHMETIC_OVERFLOW] integer overflow.",
    "ARITHMETIC_OVERFLOW",
  ],
  ["Cannot call methods on a stopped SparkContext.", undefined],
])("the class of an error is found in a message that tells it alone: %s", async (message, condition) => {
  const channel = new Channel(parseRemote("sc://127.0.0.1:1"))
  expect((await failureOf(longFailure(message), new SessionCalls(channel))).condition).toBe(condition)
  channel.close()
})
