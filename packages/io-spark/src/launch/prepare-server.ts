import { randomBytes } from "node:crypto"
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder, StorageError } from "@assets/core"
import { findSparkJars, requireMasterJars } from "../install/spark-jars.ts"
import type { SparkLaunch, Variables } from "../spark-options.ts"
import { ClassArchive } from "./class-archive.ts"
import { gcloudCredentials } from "./gcloud-credentials.ts"
import { findJava, requireJavaFor } from "./java.ts"
import { logSettings } from "./log-settings.ts"
import { argumentFile, collectorArguments, serverArguments } from "./server-arguments.ts"
import { serverConf } from "./server-conf.ts"
import { ServerLog } from "./server-log.ts"
import { sparkDefaults } from "./spark-defaults.ts"
import { isOnLoopback } from "./spark-master.ts"

/** A server with all that it needs, before it is started. */
export interface PreparedServer {
  readonly launch: SparkLaunch
  readonly command: readonly string[]
  /** Private to the server. */
  readonly folder: string
  readonly env: Variables
  readonly log: ServerLog
  readonly token: string
  readonly archive: ClassArchive
  /** Of Spark. */
  readonly version: string
}

/**
 * Finds Java and the jars, and makes the folder of a server in another.
 * @throws EngineError `JAVA_MISSING`, `SPARK_MISSING`; StorageError `STORAGE_FULL`, `STORAGE_UNWRITABLE`
 */
export async function prepareServer(launch: SparkLaunch, parent: string, timeZone: string): Promise<PreparedServer> {
  const java = await findJava(launch.javaHome, launch.env)
  const jars = findSparkJars(launch.sparkHome, launch.env)
  requireJavaFor(jars, java)
  requireMasterJars(jars, launch.master)
  const archive = new ClassArchive(cacheFolder(launch.env), java, jars, collectorArguments(launch.master))
  const defaults = sparkDefaults(launch.sparkHome, launch.env)
  const token = randomBytes(24).toString("base64url")
  const folder = makeFolder(parent)
  const args = serverArguments({
    launch,
    java,
    jars,
    conf: serverConf(launch, jars, { folder, timeZone, defaults: defaults.conf }),
    furtherClassPath: [...defaults.classPath, ...launch.hadoopConfFolders, ...defaults.folders],
    folder,
    timeZone,
    archive: archive.arguments(),
  })
  return {
    launch,
    command: [java.path, `@${writeArguments(folder, args)}`],
    folder,
    env: serverVariables(launch, token),
    log: new ServerLog(join(folder, "server.log"), [token]),
    token,
    archive,
    version: jars.version,
  }
}

/** Makes the folder of a server, with what it reads from there. */
function makeFolder(parent: string): string {
  try {
    // mkdtemp makes it with mode 0700.
    const folder = mkdtempSync(join(parent, "spark-"))
    mkdirSync(join(folder, "tmp"))
    writeFileSync(join(folder, "log4j2.properties"), logSettings)
    return folder
  } catch (error) {
    throw folderFailure(error, parent)
  }
}

function writeArguments(folder: string, args: readonly string[]): string {
  const path = join(folder, "arguments")
  try {
    writeFileSync(path, argumentFile(args), { mode: 0o600 })
    return path
  } catch (error) {
    throw folderFailure(error, folder)
  }
}

function folderFailure(cause: unknown, path: string): StorageError {
  const isFull = /ENOSPC|EDQUOT/.test((cause as NodeJS.ErrnoException).code ?? "")
  return new StorageError(isFull ? "STORAGE_FULL" : "STORAGE_UNWRITABLE", {
    what: isFull ? `The disk is full at ${path}.` : `Spark cannot work in ${path}.`,
    why: cause instanceof Error ? cause.message : String(cause),
    fix: "Free space there, or set TMPDIR to a folder on another disk that this user may write to, and run again.",
    details: { path },
    cause,
  })
}

/** The token goes by a variable: arguments are seen by every user of the machine. */
function serverVariables({ env, master, sparkHome, javaHome }: SparkLaunch, token: string): Variables {
  const { LC_ALL, LC_CTYPE, LANG } = env
  const isUtf8 = /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "")
  return {
    ...env,
    ...gcloudCredentials(env),
    SPARK_CONNECT_AUTHENTICATE_TOKEN: token,
    SPARK_SCALA_VERSION: "2.13",
    ...(sparkHome !== undefined && { SPARK_HOME: sparkHome }),
    ...(javaHome !== undefined && { JAVA_HOME: javaHome }),
    ...(isOnLoopback(master) && { SPARK_LOCAL_IP: "127.0.0.1" }),
    // Java writes a file name in the letters of the locale, and '?' for what the locale lacks.
    ...(!isUtf8 && process.platform === "linux" && { LC_ALL: "C.UTF-8" }),
  }
}
