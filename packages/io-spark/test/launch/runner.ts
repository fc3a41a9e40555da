// Starts a server and tells its pid; then waits until it is killed, or returns at once.

import { startSparkServer } from "../../src/launch/start-spark-server.ts"
import { resolveSparkOptions } from "../../src/spark-options.ts"

const [scratch = "", how = "wait", keepAlive] = process.argv.slice(2)
const resolved = resolveSparkOptions({ master: "local[1]", driverMemory: "1g", keepAlive }, process.env)
if (resolved.kind !== "launch") throw new Error("The options name a server that runs.")
const server = await startSparkServer({ launch: resolved.launch, scratch, timeZone: "UTC" })
console.log(server.pid)
if (how === "wait") setInterval(() => {}, 1000)
