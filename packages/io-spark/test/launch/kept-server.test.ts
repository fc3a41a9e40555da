import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder } from "@assets/core"
import { describe, expect, onTestFinished, test } from "vitest"
import { startSparkServer } from "../../src/launch/start-spark-server.ts"
import type { Variables } from "../../src/spark-options.ts"
import { scratchFolder, skipsSpark, sparkFolder, sparkLaunch } from "../started-spark.ts"
import { grpcStatus } from "./grpc-status.ts"
import { commandOf, holdsWithin, isRunning, processesIn } from "./spark-process.ts"
import { startRunner } from "./start-runner.ts"

/** The variables of a user with a cache of their own; after the test nothing runs in it. */
function ownCache(): Variables & { readonly ASSETS_CACHE: string } {
  const cache = scratchFolder()
  // What all servers of these jars share, so that these start as fast as others.
  const classes = join("spark", "classes")
  mkdirSync(join(cacheFolder(process.env), classes), { recursive: true })
  mkdirSync(join(cache, "spark"))
  symlinkSync(join(cacheFolder(process.env), classes), join(cache, classes))
  onTestFinished(() => {
    for (const pid of processesIn(join(cache, "spark", "servers"))) process.kill(pid, "SIGKILL")
  })
  return { ...process.env, SPARK_HOME: sparkFolder(), ASSETS_CACHE: cache }
}

const servers = (cache: string) =>
  processesIn(join(cache, "spark", "servers")).filter(pid => commandOf(pid).includes("java"))

function keptServer(env: Variables, keepAlive: string, options = {}) {
  return startSparkServer({
    launch: sparkLaunch({ keepAlive, ...options }, env),
    scratch: scratchFolder(),
    timeZone: "UTC",
  })
}

describe.skipIf(skipsSpark)("a server that is kept", () => {
  test("serves the next command, and ends when nobody has used it for the time", async () => {
    const env = ownCache()
    const first = await startRunner(env, scratchFolder(), "return", "6s")
    expect(await first.ended).toBe(0)
    expect(isRunning(first.serverPid)).toBe(true)
    const second = await startRunner(env, scratchFolder(), "wait", "6s")
    expect(second.serverPid).toBe(first.serverPid)
    // Longer than the time: who holds it keeps it.
    expect(await holdsWithin(9_000, () => !isRunning(first.serverPid))).toBe(false)
    second.child.kill("SIGKILL")
    await second.ended
    const given = Date.now()
    expect(await holdsWithin(20_000, () => !isRunning(first.serverPid))).toBe(true)
    expect(Date.now() - given).toBeGreaterThan(3_000)
    const place = join(env.ASSETS_CACHE, "spark", "servers")
    expect(
      await holdsWithin(5_000, () => readdirSync(place).every(key => readdirSync(join(place, key)).length === 0)),
    ).toBe(true)
  })

  test("is one for two commands that begin at once, and another for other settings", async () => {
    const env = ownCache()
    const [one, two] = await Promise.all([keptServer(env, "5s"), keptServer(env, "5s")])
    expect(one.pid).toBe(two.pid)
    expect(await grpcStatus(one.remote, two.remote.token)).not.toBe(16)
    await one.stop()
    expect(isRunning(two.pid)).toBe(true)
    const other = await keptServer(env, "5s", { conf: { "spark.sql.shuffle.partitions": 3 } })
    expect(other.pid).not.toBe(two.pid)
    await Promise.all([two.stop(), other.stop()])
  })

  test("that was killed is told to who holds it, and not taken by the next", async () => {
    const env = ownCache()
    const first = await keptServer(env, "30s")
    process.kill(first.pid, "SIGKILL")
    expect(await holdsWithin(10_000, () => first.failure() !== undefined)).toBe(true)
    expect(first.failure()).toMatchObject({ code: "SPARK_START_FAILED", details: { exitCode: 137 } })
    expect(first.logTail()).toContain("Spark Connect server started")
    const second = await keptServer(env, "5s")
    expect(second.pid).not.toBe(first.pid)
    await Promise.all([first.stop(), second.stop()])
  })

  test("shows its token to its user alone", async () => {
    const env = ownCache()
    const server = await keptServer(env, "5s")
    const place = join(env.ASSETS_CACHE, "spark", "servers")
    const [key = ""] = readdirSync(place)
    const folder = readFileSync(join(place, key, "current"), "utf8")
    expect(statSync(folder).mode & 0o077).toBe(0)
    expect(statSync(join(folder, "server.json")).mode & 0o077).toBe(0)
    expect(commandOf(server.pid)).not.toContain(server.remote.token)
    await server.stop()
  })

  test("that does not start says why, and leaves nothing", async () => {
    const env = ownCache()
    await expect(keptServer(env, "30s", { driverMemory: "64m" })).rejects.toMatchObject({
      code: "ENGINE_OUT_OF_MEMORY",
    })
    expect(await holdsWithin(10_000, () => servers(env.ASSETS_CACHE).length === 0)).toBe(true)
    const place = join(env.ASSETS_CACHE, "spark", "servers")
    expect(
      await holdsWithin(10_000, () => readdirSync(place).every(key => readdirSync(join(place, key)).length === 0)),
    ).toBe(true)
    expect(existsSync(place)).toBe(true)
  })
})
