import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { outputContext } from "@assets/core/testing"
import type { Relation } from "@assets/dataframe"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { connect } from "../src/connect/client.ts"
import { spark, tableIO } from "../src/index.ts"
import { type SparkServer, startSparkServer } from "../src/launch/start-spark-server.ts"
import { pinnedSessionConf } from "../src/pinned-conf.ts"
import { skipsSpark, sparkLaunch } from "./started-spark.ts"

const zone = "Europe/Berlin"

describe.skipIf(skipsSpark)("on a server in another zone than UTC", () => {
  const scratch = mkdtempSync(join(tmpdir(), "assets-spark-test-"))
  let server: SparkServer
  beforeAll(async () => {
    const launch = sparkLaunch({ conf: { "spark.sql.shuffle.partitions": 5 } })
    server = await startSparkServer({ launch, timeZone: zone, scratch })
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  })

  test("the pinned settings hold for every session, and each is one that Spark knows", async () => {
    const session = await connect(server.remote)
    const pins = pinnedSessionConf(zone)
    const free = { "spark.sql.shuffle.partitions": "5", "spark.master": "local[2]" }
    for (const expected of [pins, free])
      expect(Object.fromEntries(await session.configGet(Object.keys(expected)))).toEqual(expected)
    // Spark takes any value for a key that it does not know.
    await session.configSet({ "spark.sql.no.such.key": "no such value" })
    for (const key of Object.keys(pins)) {
      const refused = await session.configSet({ [key]: "no such value" }).then(
        () => `Spark takes any value for ${key}`,
        () => undefined,
      )
      expect(refused).toBeUndefined()
    }
    await session.close()
  })

  test("ORC tables refuse instants, which a server in UTC would read as others, and take other times", async () => {
    const { host, port, token } = server.remote
    const engine = spark({ remote: `sc://${host}:${port}/;token=${token}` })
    const { signal } = new AbortController()
    const session = await engine.open({ timeZone: "UTC", scratch, now: new Date(0), signal })
    const io = tableIO({ format: "orc", root: "data" })
    const write = (kind: "timestamp" | "timestamp_ntz") => {
      const schema = { columns: [{ name: "at", type: { kind } }] } as const
      const relation: Relation = { kind: "values", rows: [[null]], schema }
      const context = outputContext({ base: scratch, session: async () => session })
      return io.handleOutput(context, { kind: "relation", relation, schema })
    }
    try {
      const refused = { code: "ENVIRONMENT_UNSUPPORTED", details: { zone } }
      await expect(write("timestamp")).rejects.toMatchObject(refused)
      expect((await write("timestamp_ntz")).kind).toBe("relation")
    } finally {
      await session.close()
    }
  })
})
