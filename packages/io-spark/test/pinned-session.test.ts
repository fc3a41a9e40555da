import { describe, expect, test } from "vitest"
import { connect } from "../src/connect/client.ts"
import { pinnedSessionConf } from "../src/pinned-conf.ts"
import { skipsSpark, sparkLaunch, startedSpark } from "./started-spark.ts"

describe.skipIf(skipsSpark)("the pinned settings, on Spark", () => {
  test("hold for every session of a server, and each is one that Spark knows", async () => {
    const conf = { "spark.sql.shuffle.partitions": 5 }
    const server = await startedSpark({ launch: sparkLaunch({ conf }), timeZone: "Europe/Berlin" })
    const session = await connect(server.remote)
    const pins = pinnedSessionConf("Europe/Berlin")
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
})
