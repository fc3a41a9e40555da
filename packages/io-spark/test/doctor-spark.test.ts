import { appendFileSync, mkdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import type { Finding } from "@assets/core"
import { describe, expect, onTestFinished, test } from "vitest"
import { doctorSpark } from "../src/doctor-spark.ts"
import { scratchFolder, skipsSpark, startedSpark } from "./started-spark.ts"

const faults = (found: readonly Finding[]) => found.filter(one => one.level !== "ok")

/** A port of this machine on which something listens. */
async function listeningPort(): Promise<number> {
  const server = createServer(socket => socket.destroy())
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** The variables of a machine that has what Spark needs, though none of it would run. */
function machine(): { readonly [name: string]: string } {
  const home = scratchFolder()
  mkdirSync(join(home, "java", "bin"), { recursive: true })
  writeFileSync(join(home, "java", "bin", "java"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
  writeFileSync(join(home, "java", "release"), 'JAVA_VERSION="21.0.1"\n')
  mkdirSync(join(home, "spark", "jars"), { recursive: true })
  for (const name of ["spark-core_2.13-4.1.2.jar", "spark-connect_2.13-4.1.2.jar", "spark-yarn_2.13-4.1.2.jar"])
    writeFileSync(join(home, "spark", "jars", name), "")
  return { JAVA_HOME: join(home, "java"), SPARK_HOME: join(home, "spark"), SPARK_DRIVER_MEMORY: "1g" }
}

describe.skipIf(skipsSpark)("on this machine", () => {
  test("finds Java, the jars and the memory", async () => {
    const found = await doctorSpark({ master: "local[2]", driverMemory: "1g" })
    expect(faults(found)).toEqual([])
    expect(found.map(one => one.what).join("\n")).toMatch(/Java \d+.*\n.*Spark 4\.\d.*\n.*heap of 1024 MiB/)
  })

  test("tells the version of a server that runs already, and whether it takes the token", async () => {
    const { remote } = await startedSpark()
    const { host, port, token } = remote
    const [found] = await doctorSpark({ remote: `sc://${host}:${port}/;token=${token}` })
    expect(found).toEqual({
      level: "ok",
      what: expect.stringMatching(/^Spark 4\.\d+\.\d+ answers at 127\.0\.0\.1:\d+$/),
    })
    const [refused] = await doctorSpark({ remote: `sc://${host}:${port}/;token=geheim` })
    expect(refused).toMatchObject({ level: "error", what: expect.stringContaining("ENGINE_UNAUTHENTICATED") })
  })
})

test("each thing that is missing comes with what mends it", async () => {
  const env = { PATH: "/nowhere", ASSETS_CACHE: scratchFolder() }
  const found = faults(await doctorSpark({ driverMemory: "900t" }, { env }))
  expect(found.map(one => one.level)).toEqual(["error", "error", "error"])
  const [java, jars, memory] = found
  expect(java?.fix).toContain("install")
  expect(jars?.fix).toContain("assets spark install")
  expect(memory?.fix).toMatch(/export SPARK_DRIVER_MEMORY=\d+m$/)
})

test("little memory is a warning", async () => {
  const found = faults(await doctorSpark({ driverMemory: "600m" }, { env: machine() }))
  expect(found).toEqual([
    { level: "warn", what: expect.stringContaining("heap of 600 MiB"), fix: expect.stringContaining("=1g") },
  ])
})

test("a jar of another size than was installed is told", async () => {
  const cache = scratchFolder()
  const folder = join(cache, "spark", "4.1.2-0123456789ab")
  mkdirSync(join(folder, "jars"), { recursive: true })
  const jars = ["spark-core_2.13-4.1.2.jar", "spark-connect_2.13-4.1.2.jar"].map(name => ({
    name,
    bytes: 0,
    sha256: "",
  }))
  for (const { name } of jars) writeFileSync(join(folder, "jars", name), "")
  writeFileSync(
    join(folder, "spark.json"),
    JSON.stringify({ format: 1, version: "4.1.2", extras: [], from: "maven", jars }),
  )
  const { SPARK_HOME: _, ...env } = machine()
  const look = () => doctorSpark({}, { env: { ...env, ASSETS_CACHE: cache } })
  expect(faults(await look())).toEqual([])
  appendFileSync(join(folder, "jars", "spark-core_2.13-4.1.2.jar"), "damage")
  const [found] = faults(await look())
  expect(found?.what).toContain("1 jars of Spark 4.1.2")
  expect(found?.fix).toContain("assets spark install")
})

test("a server that runs already, or a cluster, is looked for at its address", async () => {
  const port = await listeningPort()
  const env = machine()
  const [other] = await doctorSpark({ remote: `sc://127.0.0.1:${port}/;token=geheim` }, { env })
  expect(other).toMatchObject({ level: "error", what: expect.stringContaining("ENGINE_UNREACHABLE") })
  const [gone] = await doctorSpark({}, { env: { SPARK_REMOTE: "sc://127.0.0.1:1/;token=geheim" } })
  expect(gone).toMatchObject({ level: "error", what: expect.stringContaining("127.0.0.1:1: ECONNREFUSED") })
  expect(JSON.stringify(gone)).not.toContain("geheim")
  expect(faults(await doctorSpark({ master: `spark://127.0.0.1:${port}` }, { env }))).toEqual([])
  const cluster = faults(await doctorSpark({ master: `spark://127.0.0.1:${port},127.0.0.1:1` }, { env }))
  expect(cluster.map(one => one.what)).toEqual([
    expect.stringContaining("does not answer at 127.0.0.1:1: ECONNREFUSED"),
  ])
})

test("yarn needs to know its cluster, Databricks its credentials", async () => {
  const env = machine()
  const [yarn] = faults(await doctorSpark({ master: "yarn" }, { env }))
  expect(yarn?.fix).toContain("export HADOOP_CONF_DIR=")
  expect(faults(await doctorSpark({ master: "yarn" }, { env: { ...env, HADOOP_CONF_DIR: "/etc/hadoop" } }))).toEqual([])
  const [databricks] = faults(await doctorSpark({ master: "databricks" }, { env }))
  expect(databricks?.what).toContain("VARIABLE_MISSING")
  expect(databricks?.fix).toContain("export DATABRICKS_HOST=")
})

test("a wrong option is a finding", async () => {
  const [found] = await doctorSpark({ driverMemory: "$" + "{HEAP}" }, { env: machine(), expand: () => "much" })
  expect(found).toMatchObject({ level: "error", what: expect.stringContaining("driverMemory is 'much'") })
})
