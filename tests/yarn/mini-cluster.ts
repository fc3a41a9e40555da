import { execFileSync, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { findProgram } from "../../packages/io-spark/src/install/find-program.ts"

/** What `npm run test:yarn` has brought. */
export const sparkHome = process.env.SPARK_HOME ?? ""
const jarsOfCluster = process.env.MINI_CLUSTER_JARS ?? ""

/** HDFS and YARN on loopback, in one process; or HDFS alone, with two namenodes of which the second is active. */
export interface MiniCluster {
  /** For `HADOOP_CONF_DIR`. */
  readonly conf: string
  /** `hdfs://localhost:…`, or `hdfs://lake` of the two. */
  readonly hdfs: string
  /** Where the active namenode answers by HTTP. */
  readonly webHdfs: string
  readonly javaHome: string
  /** Takes the active one of two namenodes out of service, and lets the other be active some time later. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

export async function startMiniCluster(of: "yarn" | "hdfs" = "yarn"): Promise<MiniCluster> {
  const folder = mkdtempSync(join(tmpdir(), "assets-yarn-"))
  const java = realpathSync(findProgram("java", process.env) ?? "")
  const javaHome = process.env.JAVA_HOME ?? dirname(dirname(java))
  const classPath = [folder, ...jars(jarsOfCluster), ...jars(join(sparkHome, "jars")).filter(isHadoop)].join(":")
  execFileSync("javac", ["-cp", classPath, "-d", folder, join(import.meta.dirname, "MiniCluster.java")])
  const work = join(folder, "work")
  mkdirSync(work)
  const quick = [
    "-Xmx700m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
  ]
  const flags = [...quick, "-cp", classPath, "MiniCluster", folder, of]
  // The cluster starts containers with its own JAVA_HOME, and ends with its input: also when this process is killed.
  const child = spawn(java, flags, { cwd: work, env: { ...process.env, JAVA_HOME: javaHome } })
  const ended = new Promise<void>(resolve => child.once("exit", () => resolve()))
  let log = ""
  const stop = async () => {
    child.stdin.end()
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", text => {
      log = `${log}${text}`.slice(-5_000)
    })
    child.stdout.on("data", text => {
      if (String(text).includes("READY")) resolve()
    })
    child.once("exit", code => reject(new Error(`The cluster has ended with ${code}:\n${log}`)))
  })
  const conf = join(folder, "conf")
  const hdfs = /hdfs:\/\/[^<]+/.exec(readFileSync(join(conf, "core-site.xml"), "utf8"))?.[0] ?? ""
  const site = readFileSync(join(conf, "hdfs-site.xml"), "utf8")
  const [, address] = /http-address(?:\.lake\.nn2)?<\/name>\s*<value>([^<]+)/.exec(site) ?? []
  const failOver = async () => {
    const told = new Promise<void>(resolve => child.stdout.once("data", () => resolve()))
    child.stdin.write("f")
    await told
  }
  return { conf, hdfs, webHdfs: `http://${address}/webhdfs/v1`, javaHome, failOver, stop }
}

function jars(folder: string): string[] {
  return readdirSync(folder).map(name => join(folder, name))
}

/** Of Spark's jars those that the cluster is made of: the client of Hadoop, and what both log by. */
function isHadoop(path: string): boolean {
  return /\/(hadoop-client|slf4j|log4j|commons-)[^/]*\.jar$/.test(path)
}
