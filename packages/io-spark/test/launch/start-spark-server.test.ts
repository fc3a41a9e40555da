import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { EngineError, StorageError } from "@assets/core"
import { describe, expect, onTestFinished, test } from "vitest"
import { startSparkServer } from "../../src/launch/start-spark-server.ts"
import { scratchFolder, skipsSpark, sparkFolder, sparkLaunch, startedSpark } from "../started-spark.ts"
import { grpcStatus } from "./grpc-status.ts"
import { commandOf, holdsWithin, isRunning, processesIn } from "./spark-process.ts"
import { startRunner } from "./start-runner.ts"

/** The error of a start that fails, once nothing of the server is left. */
async function failureOf(start: Promise<unknown>, scratch: string): Promise<EngineError> {
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(await holdsWithin(3_000, () => processesIn(scratch).length === 0)).toBe(true)
  expect(error).toBeInstanceOf(EngineError)
  return error as EngineError
}

describe.skipIf(skipsSpark)("a server of a run", () => {
  test("answers to its token alone, on loopback alone", async () => {
    const server = await startedSpark()
    const { remote } = server
    expect(await grpcStatus(remote)).toBe(16)
    expect(await grpcStatus(remote, "wrong")).toBe(16)
    expect(await grpcStatus(remote, remote.token)).not.toBe(16)
    const outer = Object.values(networkInterfaces()).flatMap(all => (all ?? []).filter(one => !one.internal))
    for (const { address } of outer.filter(one => one.family === "IPv4")) {
      const refused = await new Promise<boolean>(resolve => {
        const socket = connect(remote.port, address, () => resolve(false))
        socket.on("error", () => resolve(true))
      })
      expect(refused).toBe(true)
    }
    expect(server.version).toMatch(/^4\.\d+\.\d+/)
  })

  test("shows its token to nobody, and works in the folder of the run", async () => {
    const scratch = scratchFolder()
    const server = await startedSpark({ scratch })
    const token = server.remote.token ?? ""
    expect(token.length).toBeGreaterThan(30)
    expect(commandOf(server.pid)).not.toContain(token)
    expect(server.logTail()).toContain("Spark Connect server started")
    expect(server.logTail()).not.toContain(token)
    expect(readlinkSync(`/proc/${server.pid}/cwd`).startsWith(scratch)).toBe(true)
    const [folder = ""] = readdirSync(scratch)
    const args = readFileSync(join(scratch, folder, "arguments"), "utf8")
    expect(args).not.toContain(token)
    for (const key of ["spark.local.dir", "spark.sql.warehouse.dir", "java.io.tmpdir", "derby.system.home"])
      expect(args).toContain(`-D${key}=${join(scratch, folder)}/`)
  })

  test("is gone after stop, which may be called again", async () => {
    const scratch = scratchFolder()
    const server = await startedSpark({ scratch })
    expect(isRunning(server.pid)).toBe(true)
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    expect(isRunning(server.pid)).toBe(false)
    expect(processesIn(scratch)).toEqual([])
    expect(server.failure()).toBeUndefined()
  })

  test("ends within seconds of a runner that is killed", async () => {
    const scratch = scratchFolder()
    const { child, ended, serverPid } = await startRunner(process.env, scratch, "wait")
    expect(isRunning(serverPid)).toBe(true)
    child.kill("SIGKILL")
    await ended
    expect(await holdsWithin(10_000, () => processesIn(scratch).length === 0)).toBe(true)
  })

  test("ends with a runner that does not stop it, and does not keep it from ending", async () => {
    const scratch = scratchFolder()
    const { ended } = await startRunner(process.env, scratch, "return")
    expect(await ended).toBe(0)
    expect(await holdsWithin(10_000, () => processesIn(scratch).length === 0)).toBe(true)
  })

  test("tells why it has ended by itself", async () => {
    const server = await startedSpark()
    expect(server.failure()).toBeUndefined()
    process.kill(server.pid, "SIGKILL")
    expect(await holdsWithin(5_000, () => server.failure() !== undefined)).toBe(true)
    expect(server.failure()).toMatchObject({ code: "SPARK_START_FAILED", details: { exitCode: 137 } })
  })

  test("keeps what cannot be told by letters of the locale: file names are UTF-8", async () => {
    const env = { ...process.env, LANG: "C", LC_ALL: undefined, LC_CTYPE: undefined }
    const server = await startedSpark({ launch: sparkLaunch({}, env) })
    expect(readFileSync(`/proc/${server.pid}/environ`, "utf8").split("\0")).toContain("LC_ALL=C.UTF-8")
  })
})

describe.skipIf(skipsSpark)("a start that fails", () => {
  test("with too little memory says what to raise", async () => {
    const scratch = scratchFolder()
    const start = startSparkServer({ launch: sparkLaunch({ driverMemory: "64m" }), scratch, timeZone: "UTC" })
    const error = await failureOf(start, scratch)
    expect(error).toMatchObject({ code: "ENGINE_OUT_OF_MEMORY" })
    expect(error.why).toMatch(/System memory \d+ must be at least|OutOfMemoryError/)
    expect(error.fix).toContain("driverMemory")
  })

  test("with more memory than there is says what to lower", async () => {
    const scratch = scratchFolder()
    const start = startSparkServer({ launch: sparkLaunch({ driverMemory: "900t" }), scratch, timeZone: "UTC" })
    const error = await failureOf(start, scratch)
    expect(error).toMatchObject({ code: "ENGINE_OUT_OF_MEMORY" })
    expect(error.message).toContain("cannot give")
  })

  test("for want of time leaves no process, and shows the log", async () => {
    const scratch = scratchFolder()
    const start = startSparkServer({ launch: sparkLaunch(), scratch, timeZone: "UTC", timeoutMs: 700 })
    const error = await failureOf(start, scratch)
    expect(error).toMatchObject({ code: "SPARK_START_FAILED", transient: true })
    expect(error.message).toBe("Spark has not told its port within 1 seconds.")
    expect(error.details).toHaveProperty("log")
  })

  test("since nothing answers at the master says so", async () => {
    const scratch = scratchFolder()
    const launch = sparkLaunch({ master: "spark://127.0.0.1:1" })
    const error = await failureOf(startSparkServer({ launch, scratch, timeZone: "UTC", timeoutMs: 60_000 }), scratch)
    expect(error.code).toBe("SPARK_START_FAILED")
    expect(error.message).toBe("The cluster spark://127.0.0.1:1 does not answer.")
  })

  test("since it is stopped rejects with the reason", async () => {
    const scratch = scratchFolder()
    const controller = new AbortController()
    const start = startSparkServer({ launch: sparkLaunch(), scratch, timeZone: "UTC", signal: controller.signal })
    const reason = new EngineError("ENGINE_INTERRUPTED", { what: "Stopped.", why: "The test.", fix: "None." })
    setTimeout(() => controller.abort(reason), 500)
    expect(await failureOf(start, scratch)).toBe(reason)
  })

  test("on a full disk says where", async context => {
    const scratch = scratchFolder()
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", scratch], { stdio: "ignore" })
    } catch {
      context.skip("a small file system cannot be mounted without the rights of root")
    }
    onTestFinished(() => void execFileSync("umount", ["-l", scratch]))
    const error = await startSparkServer({ launch: sparkLaunch(), scratch, timeZone: "UTC" }).catch(thrown => thrown)
    expect(error).toBeInstanceOf(StorageError)
    expect(error.code).toBe("STORAGE_FULL")
    expect(error.message).toContain(scratch)
  })

  test("since the jars cannot reach the master says which are missing", async () => {
    const scratch = scratchFolder()
    const home = join(scratch, "home")
    mkdirSync(join(home, "jars"), { recursive: true })
    for (const name of readdirSync(join(sparkFolder(), "jars")).filter(jar => !/yarn|kubernetes/.test(jar)))
      symlinkSync(join(sparkFolder(), "jars", name), join(home, "jars", name))
    const launch = sparkLaunch({ master: "yarn", sparkHome: home })
    const error = await failureOf(startSparkServer({ launch, scratch, timeZone: "UTC" }), scratch)
    expect(error).toMatchObject({ code: "SPARK_MISSING" })
    expect(error.why).toContain("spark-yarn_")
  })
})

describe.skipIf(skipsSpark)("the archive of classes", () => {
  // Made with the least priority: on a busy machine it takes its time.
  test("is made after the first server, and the next one starts with it", { timeout: 900_000 }, async () => {
    const cache = scratchFolder()
    const launch = sparkLaunch({ sparkHome: sparkFolder() }, { ...process.env, ASSETS_CACHE: cache })
    const folder = join(cache, "spark", "classes")
    const first = await startedSpark({ launch })
    const archived = () => readdirSync(folder).filter(name => name.endsWith(".jsa"))
    expect(archived()).toEqual([])
    await first.stop()
    expect(await holdsWithin(800_000, () => readdirSync(folder).every(name => /^[0-9a-f]+\.jsa$/.test(name)))).toBe(
      true,
    )
    expect(archived()).toHaveLength(1)
    const second = await startedSpark({ launch })
    expect(readFileSync(`/proc/${second.pid}/maps`, "utf8")).toContain(join(folder, archived()[0] ?? ""))
    await second.stop()
    expect(readdirSync(folder)).toEqual(archived())
  })

  test("that cannot be kept does not keep a server from starting", async () => {
    const cache = join(scratchFolder(), "file")
    writeFileSync(cache, "no folder")
    const launch = sparkLaunch({ sparkHome: sparkFolder() }, { ...process.env, ASSETS_CACHE: cache })
    const server = await startedSpark({ launch })
    await server.stop()
    expect(existsSync(join(cache, "spark"))).toBe(false)
  })
})
