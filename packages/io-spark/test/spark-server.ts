import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { findSparkJars } from "../src/install/spark-jars.ts"
import { findJava } from "../src/launch/java.ts"
import { logSettings } from "../src/launch/log-settings.ts"
import { classPath, moduleArguments } from "../src/launch/server-arguments.ts"

/** A Spark Connect server of the tests, on loopback, with a token. */
export interface SparkServer {
  readonly port: number
  readonly token: string
  /** `sc://127.0.0.1:port/;token=…` */
  readonly remote: string
  /** The server's own folder, which goes with it. */
  readonly folder: string
  readonly pid: number
  stop(): Promise<void>
}

const serverClass = "org.apache.spark.sql.connect.service.SparkConnectServer"

/** What a server is started from, where it is not the Spark of the tests. */
export interface ServerProgram {
  /** The folder with the `jars`. */
  readonly sparkHome?: string
  readonly main?: string
  /** A folder of classes that the jars lack. */
  readonly classes?: string
}

/** Starts a server; a few seconds. `settings` are Spark's, as they stand when a server starts. */
export async function startSparkServer(
  settings: { readonly [key: string]: string } = {},
  { sparkHome = process.env.SPARK_HOME || undefined, main = serverClass, classes }: ServerProgram = {},
): Promise<SparkServer> {
  const java = await findJava(process.env.JAVA_HOME || undefined, process.env)
  const jars = findSparkJars(sparkHome, process.env)
  const folder = mkdtempSync(join(tmpdir(), "assets-spark-"))
  const token = randomUUID()
  mkdirSync(join(folder, "tmp"))
  const log = join(folder, "log4j2.properties")
  writeFileSync(log, logSettings)
  const conf = Object.entries({ ...defaults(folder, token), ...settings }).map(([key, value]) => `-D${key}=${value}`)
  const flags = [
    ...moduleArguments(java),
    ...["-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", `-Dlog4j2.configurationFile=${log}`],
    ...[`-Djava.io.tmpdir=${join(folder, "tmp")}`, `-Dderby.system.home=${folder}`],
    ...["-Djdk.reflect.useDirectMethodHandle=false", "-Dio.netty.tryReflectionSetAccessible=true", ...conf],
  ]
  const server = spawn(java.path, [...flags, "-cp", classPath(jars, classes === undefined ? [] : [classes]), main], {
    cwd: folder,
    env: { ...process.env, SPARK_LOCAL_IP: "127.0.0.1" },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const kill = () => server.kill("SIGKILL")
  process.once("exit", kill)
  const port = await portOf(server)
  return {
    port,
    token,
    remote: `sc://127.0.0.1:${port}/;token=${token}`,
    folder,
    pid: server.pid ?? 0,
    stop: async () => {
      process.off("exit", kill)
      await ended(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function ended(java: ChildProcess): Promise<void> {
  if (java.exitCode !== null || java.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    const force = setTimeout(() => java.kill("SIGKILL"), 10_000)
    java.once("exit", () => {
      clearTimeout(force)
      resolve()
    })
    java.kill("SIGTERM")
  })
}

/** The port that the log names; rejects with what the server said when it ends before. */
function portOf(java: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    for (const stream of [java.stdout, java.stderr]) {
      if (!stream) continue
      createInterface(stream).on("line", line => {
        said.push(line)
        const port = /Spark Connect server started at: .*:(\d+)/.exec(line)?.[1]
        if (port) resolve(Number(port))
      })
    }
    java.once("error", reject)
    java.once("exit", code => reject(new Error(`java ended with ${code}:\n${said.slice(-30).join("\n")}`)))
  })
}

function defaults(folder: string, token: string): { readonly [key: string]: string } {
  return {
    "spark.master": "local[2]",
    "spark.app.name": "assets-test",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.connect.grpc.binding.port": "0",
    "spark.connect.authenticate.token": token,
    "spark.sql.warehouse.dir": join(folder, "warehouse"),
    "spark.local.dir": join(folder, "tmp"),
    "spark.sql.shuffle.partitions": "2",
  }
}
