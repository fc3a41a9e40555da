import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, onTestFinished } from "vitest"
import { findSparkJars } from "../src/install/spark-jars.ts"
import { findJava, requireJavaFor } from "../src/launch/java.ts"
import { type SparkServer, type StartOptions, startSparkServer } from "../src/launch/start-spark-server.ts"
import { resolveSparkOptions, type SparkLaunch, type SparkOptions, type Variables } from "../src/spark-options.ts"

async function whySkipped(): Promise<string | undefined> {
  if (process.env.CI) return undefined
  try {
    const java = await findJava(process.env.JAVA_HOME || undefined, process.env)
    requireJavaFor(findSparkJars(process.env.SPARK_HOME || undefined, process.env), java)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const why = await whySkipped()

/**
 * Whether the tests that need Spark are skipped: Java or the jars are not on this machine. In CI they run, and fail for
 * the want of it, so that nobody takes an untested engine for a tested one.
 */
export const skipsSpark = why !== undefined

if (why !== undefined) console.warn(`The tests of Spark are skipped: ${why} Run scripts/install-spark.mjs.`)

/** The folder with the `jars` that the tests start. */
export function sparkFolder(): string {
  return join(findSparkJars(process.env.SPARK_HOME || undefined, process.env).folder, "..")
}

/** What a server of a test is started with: two tasks at a time, and a heap that leaves room for others. */
export function sparkLaunch(options: SparkOptions = {}, env: Variables = process.env): SparkLaunch {
  const resolved = resolveSparkOptions({ master: "local[2]", driverMemory: "1g", ...options }, env)
  if (resolved.kind !== "launch") throw new Error("The options name a server that runs.")
  return resolved.launch
}

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "assets-spark-test-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))
  return folder
}

/** Starts a server for one test. */
export async function startedSpark(options: Partial<StartOptions> = {}): Promise<SparkServer> {
  const scratch = options.scratch ?? scratchFolder()
  const server = await startSparkServer({ launch: sparkLaunch(), timeZone: "UTC", ...options, scratch })
  onTestFinished(() => server.stop())
  return server
}

/**
 * Starts a server for all tests of a block, and makes it the one of `spark()`: SPARK_REMOTE, which processes that a test
 * starts see too.
 * @param options what the server is started with; a function is called when it starts
 */
export function sharedSpark(options: SparkOptions | (() => SparkOptions | Promise<SparkOptions>) = {}): void {
  const folder = mkdtempSync(join(tmpdir(), "assets-spark-test-"))
  const former = process.env.SPARK_REMOTE
  let server: SparkServer | undefined
  beforeAll(async () => {
    const wanted = typeof options === "function" ? await options() : options
    const launch = sparkLaunch({ conf: { "spark.sql.shuffle.partitions": 2 }, ...wanted })
    server = await startSparkServer({ launch, timeZone: "UTC", scratch: folder })
    const { host, port, token } = server.remote
    process.env.SPARK_REMOTE = `sc://${host}:${port}/;token=${token}`
  })
  afterAll(async () => {
    if (former === undefined) delete process.env.SPARK_REMOTE
    else process.env.SPARK_REMOTE = former
    await server?.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  })
}
