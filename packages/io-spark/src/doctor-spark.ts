import { statSync } from "node:fs"
import { connect as connectSocket } from "node:net"
import { totalmem } from "node:os"
import { dirname, join } from "node:path"
import { type Finding, findingOf } from "@assets/core"
import { parseRemote, type Remote } from "./connect/remote.ts"
import { readSet } from "./install/installed-set.ts"
import { findSparkJars, requireMasterJars } from "./install/spark-jars.ts"
import { findJava, requireJavaFor } from "./launch/java.ts"
import { memoryMiB } from "./launch/memory-size.ts"
import { isLocal } from "./launch/spark-master.ts"
import { resolveSparkOptions, type SparkLaunch, type SparkOptions, type Variables } from "./spark-options.ts"

const CONNECT_LIMIT_MS = 3_000
/** Less is enough to start, and for little more. */
const SMALL_HEAP_MIB = 900

/** What puts values in the place of `${NAME}`s, and the process's variables. */
export interface DoctorContext {
  readonly expand?: (text: string) => string
  readonly env?: Variables
}

/**
 * Looks for what keeps the Spark engine from working: options and variables, Java, the jars, the memory, the cluster or
 * the server that runs already. Starts nothing; each fault comes with what mends it.
 */
export async function doctorSpark(options: SparkOptions, context: DoctorContext = {}): Promise<readonly Finding[]> {
  const { env = process.env, expand = (text: string) => text } = context
  try {
    const resolved = resolveSparkOptions(options, env, expand)
    if (resolved.kind === "launch") return await launchFindings(resolved.launch)
    const { remote } = resolved
    return [await serverFinding(typeof remote === "string" ? parseRemote(remote) : remote)]
  } catch (error) {
    return [findingOf(error)]
  }
}

async function launchFindings(launch: SparkLaunch): Promise<Finding[]> {
  return [await javaFinding(launch), ...jarFindings(launch), memoryFinding(launch), ...(await masterFindings(launch))]
}

async function javaFinding({ javaHome, sparkHome, env }: SparkLaunch): Promise<Finding> {
  try {
    const java = await findJava(javaHome, env)
    const jars = attempt(() => findSparkJars(sparkHome, env))
    if (jars) requireJavaFor(jars, java)
    return { level: "ok", what: `Java ${java.version}, ${java.path}` }
  } catch (error) {
    return findingOf(error)
  }
}

/** What is wrong with the jars is a finding of its own. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function jarFindings({ sparkHome, env, master }: SparkLaunch): Finding[] {
  try {
    const jars = findSparkJars(sparkHome, env)
    requireMasterJars(jars, master)
    const extras = jars.extras.length > 0 ? ` with ${jars.extras.join(", ")}` : ""
    const damaged = sparkHome === undefined ? damagedJars(dirname(jars.folder)) : []
    if (damaged.length === 0) return [{ level: "ok", what: `Spark ${jars.version}${extras}, ${jars.folder}` }]
    const what = `${damaged.length} jars of Spark ${jars.version} in ${jars.folder} are not as they were installed: ${damaged[0]}.`
    return [{ level: "error", what, fix: "Run assets spark install, which looks at each and brings them anew." }]
  } catch (error) {
    return [findingOf(error)]
  }
}

/** The jars that are gone or have another size; their checksums are for the installer to look at. */
function damagedJars(folder: string): string[] {
  const jars = readSet(folder)?.record.jars ?? []
  const sizeOf = (name: string) => statSync(join(folder, "jars", name), { throwIfNoEntry: false })?.size
  return jars.filter(({ name, bytes }) => sizeOf(name) !== bytes).map(({ name }) => name)
}

function memoryFinding({ master, driverMemory }: SparkLaunch): Finding {
  const machine = Math.floor(Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 1024 ** 2)
  const asked = driverMemory === undefined ? undefined : memoryMiB(driverMemory)
  const heap = asked ?? (isLocal(master) ? Math.floor(machine / 4) : 1024)
  const text = `a heap of ${heap} MiB for the server, of ${machine} MiB of this machine or container`
  if (heap > machine)
    return {
      level: "error",
      what: `There is less memory than the server is to have: ${text}.`,
      fix: `Set SPARK_DRIVER_MEMORY, or spark({ driverMemory }): export SPARK_DRIVER_MEMORY=${Math.floor(machine / 2)}m`,
    }
  if (heap >= SMALL_HEAP_MIB) return { level: "ok", what: text }
  return {
    level: "warn",
    what: `Spark has little memory: ${text}.`,
    fix: "Give it a gibibyte or more: export SPARK_DRIVER_MEMORY=1g",
  }
}

async function masterFindings({ master, hadoopConfFolders }: SparkLaunch): Promise<Finding[]> {
  if (master === "yarn" && hadoopConfFolders.length === 0)
    return [
      {
        level: "error",
        what: "The master is yarn, and nothing says where its cluster is.",
        fix: "Let HADOOP_CONF_DIR name the folder with core-site.xml and yarn-site.xml: export HADOOP_CONF_DIR=/etc/hadoop/conf",
      },
    ]
  return Promise.all(
    masterAddresses(master).map(({ host, port }) => addressFinding(`The cluster ${master}`, host, port)),
  )
}

/** Where a cluster is to answer: each master of a standalone one, the API of Kubernetes. */
function masterAddresses(master: string): { readonly host: string; readonly port: number }[] {
  const kubernetes = /^k8s:\/\/(?:https?:\/\/)?([^:/]+)(?::(\d+))?/.exec(master)
  if (kubernetes) return [{ host: kubernetes[1] ?? "", port: Number(kubernetes[2] ?? 443) }]
  const [, list] = /^spark:\/\/(.*)$/.exec(master) ?? []
  return (list ?? "").split(",").flatMap(address => {
    const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? []
    return host === undefined ? [] : [{ host, port: Number(port) }]
  })
}

/** Whether a server takes a session: the token, and a version that is known. */
async function serverFinding(remote: Remote): Promise<Finding> {
  const { host, port } = remote
  const reached = await addressFinding("The Spark Connect server", host, port)
  if (reached.level === "error") return reached
  try {
    const { connect } = await import("./connect/client.ts")
    const client = await connect(remote)
    await client.close()
    return { level: "ok", what: `Spark ${client.version.text} answers at ${host}:${port}` }
  } catch (error) {
    return findingOf(error)
  }
}

/** Whether something listens at an address. */
async function addressFinding(who: string, host: string, port: number): Promise<Finding> {
  const why = await refusal(host, port)
  if (why === undefined) return { level: "ok", what: `${who} answers at ${host}:${port}` }
  return {
    level: "error",
    what: `${who} does not answer at ${host}:${port}: ${why}.`,
    fix: "Start it, or correct SPARK_REMOTE, SPARK_MASTER or the options of spark(); see that no firewall is between.",
  }
}

function refusal(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connectSocket({ host: host.replace(/^\[(.*)\]$/, "$1"), port })
    const end = (why: string | undefined) => {
      socket.destroy()
      resolve(why)
    }
    socket.setTimeout(CONNECT_LIMIT_MS, () => end(`no answer within ${CONNECT_LIMIT_MS / 1000} seconds`))
    socket.once("connect", () => end(undefined))
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}
