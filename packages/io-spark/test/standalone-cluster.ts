import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll } from "vitest"
import { findSparkJars } from "../src/install/spark-jars.ts"
import { findJava, type Java } from "../src/launch/java.ts"
import { argumentFile, classPath, moduleArguments } from "../src/launch/server-arguments.ts"
import { childrenOf } from "./launch/spark-process.ts"
import { sparkFolder } from "./started-spark.ts"

/** Memory that a worker has for executors, in MiB. */
export const WORKER_MEMORY_MIB = 640

/** Only what hangs is not waited for: a cluster is not broken because the machine is busy. */
const PATIENCE_MS = 400_000

const logSettings = `rootLogger.level = info
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n%ex
`

/** A process of a cluster. */
interface Daemon {
  readonly name: string
  readonly child: ChildProcess
  readonly log: string
}

/** What a master tells of its cluster. */
interface MasterState {
  readonly aliveworkers: number
  readonly activeapps: readonly { readonly id: string; readonly name: string; readonly state: string }[]
}

/**
 * A standalone cluster of Spark on loopback: a master and workers of one core each, every one a plain `java`, on ports
 * that were free. It ends when `stop` does.
 */
export class StandaloneCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), "assets-spark-cluster-"))
  readonly #java: Java
  readonly #master: Daemon
  readonly #workers: Daemon[] = []
  #started = 0

  private constructor(java: Java) {
    this.#java = java
    this.#master = this.#start("master", "org.apache.spark.deploy.master.Master", [
      ...["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"],
    ])
  }

  static async start({ workers }: { readonly workers: number }): Promise<StandaloneCluster> {
    const cluster = new StandaloneCluster(await findJava(process.env.JAVA_HOME || undefined, process.env))
    try {
      while (cluster.#workers.length < workers) await cluster.addWorker()
      await cluster.until(({ aliveworkers }) => aliveworkers === workers)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** `spark://127.0.0.1:…` */
  url(): Promise<string> {
    return this.#told(this.#master, /Starting Spark master at (spark:\/\/\S+)/)
  }

  /** Waits until the master says that something holds. */
  until(holds: (state: MasterState) => boolean): Promise<void> {
    return this.#until(String(holds), async () => holds(await this.#state()))
  }

  /** What the page of the master says. */
  async #state(): Promise<MasterState> {
    const page = await this.#told(this.#master, /MasterWebUI to \S+, and started at (http:\/\/\S+)/)
    return (await (await fetch(`${page}/json/`)).json()) as MasterState // the form that this version of Spark has
  }

  async addWorker(): Promise<void> {
    const name = `worker-${++this.#started}`
    const size = ["--cores", "1", "--memory", `${WORKER_MEMORY_MIB}m`, "--work-dir", join(this.#folder, name)]
    const place = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    const master = await this.url()
    this.#workers.push(this.#start(name, "org.apache.spark.deploy.worker.Worker", [...place, ...size, master]))
  }

  /** Pids of the executors that run on the cluster, of which each is a child of its worker. */
  executors(): number[] {
    return this.#workers.flatMap(({ child }) => childrenOf(child.pid ?? 0))
  }

  /** Kills a worker that has an executor, and the executor, as a machine that loses its power. */
  killWorker(): void {
    const found = this.#workers.find(({ child }) => childrenOf(child.pid ?? 0).length > 0)
    if (found?.child.pid === undefined) throw new Error("No worker has an executor.")
    const pids = [found.child.pid, ...childrenOf(found.child.pid)]
    for (const pid of pids) process.kill(pid, "SIGKILL")
    this.#workers.splice(this.#workers.indexOf(found), 1)
  }

  /** Nothing new can be started from then on. */
  killMaster(): void {
    this.#master.child.kill("SIGKILL")
  }

  async stop(): Promise<void> {
    for (const { child } of [...this.#workers, this.#master]) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = new Promise(resolve => child.once("exit", resolve))
      child.kill("SIGTERM")
      const force = setTimeout(() => child.kill("SIGKILL"), 10_000)
      await ended
      clearTimeout(force)
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  #start(name: string, main: string, args: readonly string[]): Daemon {
    const folder = join(this.#folder, name)
    mkdirSync(folder)
    const settings = join(folder, "log4j2.properties")
    writeFileSync(settings, logSettings)
    const java = join(folder, "arguments")
    const flags = [
      ...moduleArguments(this.#java),
      ...["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
      `-Dlog4j2.configurationFile=${settings}`,
      ...["-cp", classPath(findSparkJars(process.env.SPARK_HOME || undefined, process.env), []), main],
    ]
    writeFileSync(java, argumentFile([...flags, ...args]))
    const log = join(folder, "log")
    const output = openSync(log, "w")
    const child = spawn(this.#java.path, [`@${java}`], {
      cwd: folder,
      stdio: ["ignore", output, output],
      // By the two a worker finds what it starts an executor with.
      env: { ...process.env, SPARK_LOCAL_IP: "127.0.0.1", SPARK_HOME: sparkFolder(), SPARK_SCALA_VERSION: "2.13" },
    })
    closeSync(output)
    return { name, child, log }
  }

  /** What a process says in its log. */
  async #told({ name, log, child }: Daemon, pattern: RegExp): Promise<string> {
    let found: string | undefined
    await this.#until(`${name}: ${pattern}`, async () => {
      found = pattern.exec(readFileSync(log, "utf8"))?.[1]
      if (found === undefined && child.exitCode !== null)
        throw new Error(`${name} ended:\n${readFileSync(log, "utf8")}`)
      return found !== undefined
    })
    return found ?? ""
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; !(await holds()); await sleep(50)) {
      if (Date.now() > deadline) throw new Error(`The cluster does not come to this: ${what}.`)
    }
  }
}

/** Starts a cluster for all tests of a block. */
export function sharedCluster(options: { readonly workers: number }): () => StandaloneCluster {
  let cluster: StandaloneCluster | undefined
  beforeAll(async () => {
    cluster = await StandaloneCluster.start(options)
  }, PATIENCE_MS)
  afterAll(() => cluster?.stop())
  return () => {
    if (!cluster) throw new Error("The cluster is there while the tests of the block run.")
    return cluster
  }
}
