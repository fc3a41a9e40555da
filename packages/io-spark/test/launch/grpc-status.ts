import { connect } from "node:http2"
import type { Remote } from "../../src/connect/remote.ts"

/** The status that a server gives to an empty request for the version of Spark: 16 is "unauthenticated". */
export function grpcStatus({ host, port }: Remote, token?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${host}:${port}`)
    session.on("error", reject)
    const request = session.request({
      ":method": "POST",
      ":path": "/spark.connect.SparkConnectService/Config",
      "content-type": "application/grpc",
      te: "trailers",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    })
    let status: unknown
    request.on("response", headers => {
      status = headers["grpc-status"]
    })
    request.on("trailers", headers => {
      status = headers["grpc-status"]
    })
    request.on("error", reject)
    request.on("close", () => {
      session.close()
      resolve(Number(status))
    })
    request.resume()
    // A message of no bytes: not compressed, of length 0.
    request.end(Buffer.from([0, 0, 0, 0, 0]))
  })
}
