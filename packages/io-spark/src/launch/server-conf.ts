import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gcsEmulator, s3Endpoint, s3Region } from "@assets/core"
import type { SparkJars } from "../install/spark-jars.ts"
import { pinnedSessionConf, type SparkConf } from "../pinned-conf.ts"
import type { SparkLaunch, Variables } from "../spark-options.ts"
import { isLocal, isOnLoopback, localCores } from "./spark-master.ts"

const LOOPBACK = "127.0.0.1"

/**
 * The settings that a server is started with. The user's win over defaults; what keeps answers equal, and the server
 * closed to others, wins over the user's.
 */
export function serverConf(
  launch: SparkLaunch,
  jars: SparkJars,
  { folder, timeZone, defaults }: { readonly folder: string; readonly timeZone: string; readonly defaults: SparkConf },
): SparkConf {
  return {
    "spark.app.name": "assets",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": String(shufflePartitions(launch)),
    ...s3Conf(jars, launch.env),
    ...googleConf(launch.googleCredentials),
    ...gcsConf(jars, launch.env),
    ...deltaConf(jars, launch.master),
    ...(launch.kubernetesImage && { "spark.kubernetes.container.image": launch.kubernetesImage }),
    ...defaults,
    ...launch.conf,
    ...(launch.driverMemory !== undefined && { "spark.driver.memory": launch.driverMemory }),
    ...executorConf(launch),
    ...tableFormatConf(jars),
    ...pinnedSessionConf(timeZone),
    ...placeConf(launch.master, folder),
  }
}

/**
 * Two tasks for each core: adaptive execution joins small ones, and none of them has to hold half of a large shuffle.
 * Spark's own 200 where the size of the cluster is not told.
 */
function shufflePartitions({ master, executorCores, executorInstances }: SparkLaunch): number {
  const local = localCores(master)
  if (local !== undefined) return Math.max(2, 2 * local)
  if (executorInstances === undefined) return 200
  return Math.max(2, 2 * executorInstances * (executorCores ?? 1))
}

function executorConf({ master, executorMemory, executorCores, executorInstances }: SparkLaunch): SparkConf {
  if (isLocal(master)) return {}
  const isStandalone = master.startsWith("spark://")
  return {
    ...(executorMemory !== undefined && { "spark.executor.memory": executorMemory }),
    ...(executorCores !== undefined && { "spark.executor.cores": String(executorCores) }),
    ...(executorInstances !== undefined && { "spark.executor.instances": String(executorInstances) }),
    // A standalone cluster counts cores, and would give an application all of them.
    ...(isStandalone &&
      executorInstances !== undefined && { "spark.cores.max": String(executorInstances * (executorCores ?? 1)) }),
  }
}

/** What listens, and what lies on disk: on this machine alone, in the folder of the server. */
function placeConf(master: string, folder: string): SparkConf {
  return {
    "spark.master": master,
    "spark.connect.grpc.binding.address": LOOPBACK,
    "spark.connect.grpc.binding.port": "0",
    "spark.sql.warehouse.dir": join(folder, "warehouse"),
    "spark.local.dir": join(folder, "tmp"),
    ...(isOnLoopback(master) && { "spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK }),
  }
}

/** Delta reads the log of a table by 50 tasks, of which one machine has no use; on a cluster a large log has. */
function deltaConf({ extras }: SparkJars, master: string): SparkConf {
  return extras.includes("delta") && isLocal(master) ? { "spark.databricks.delta.snapshotPartitions": "2" } : {}
}

/** Tables of Delta and Iceberg are read and written by extensions, which a server has from its start or not at all. */
function tableFormatConf({ extras }: SparkJars): SparkConf {
  const extensions = [
    ...(extras.includes("delta") ? ["io.delta.sql.DeltaSparkSessionExtension"] : []),
    ...(extras.includes("iceberg") ? ["org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"] : []),
  ]
  return {
    ...(extensions.length > 0 && { "spark.sql.extensions": extensions.join(",") }),
    ...(extras.includes("delta") && {
      "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    }),
  }
}

/** The keys themselves Hadoop reads from the variables: they stand in no setting that a query could print. */
function s3Conf({ extras }: SparkJars, env: Variables): SparkConf {
  if (!extras.includes("s3")) return {}
  const [endpoint, region] = [s3Endpoint(env), s3Region(env)]
  return {
    // Its own patience is of a quarter of an hour, of which its user is told nothing.
    "spark.hadoop.fs.s3a.attempts.maximum": "3",
    "spark.hadoop.fs.s3a.retry.limit": "3",
    "spark.hadoop.fs.s3a.connection.establish.timeout": "10s",
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    ...(endpoint && {
      "spark.hadoop.fs.s3a.endpoint": endpoint,
      "spark.hadoop.fs.s3a.path.style.access": "true",
      "spark.hadoop.fs.s3a.connection.ssl.enabled": String(!endpoint.startsWith("http:")),
    }),
    ...(region && { "spark.hadoop.fs.s3a.endpoint.region": region }),
  }
}

/**
 * Executors do not see the variable: a key is named to them by its path. Other credentials, and the account of a machine,
 * each process finds by itself.
 */
function googleConf(credentials: string | undefined): SparkConf {
  if (credentials === undefined) return {}
  if (!isKey(credentials)) return { "spark.hadoop.fs.gs.auth.type": "APPLICATION_DEFAULT" }
  return {
    "spark.hadoop.fs.gs.auth.type": "SERVICE_ACCOUNT_JSON_KEYFILE",
    "spark.hadoop.fs.gs.auth.service.account.json.keyfile": credentials,
  }
}

/** Whether a file of credentials is the key of a service account; what is not here is one of a cluster's machines. */
function isKey(path: string): boolean {
  try {
    return JSON.parse(readFileSync(path, "utf8")).type === "service_account"
  } catch {
    return true
  }
}

function gcsConf({ extras }: SparkJars, env: Variables): SparkConf {
  if (!extras.includes("gcs")) return {}
  const emulator = gcsEmulator(env)
  return {
    "spark.hadoop.fs.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem",
    "spark.hadoop.fs.AbstractFileSystem.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFS",
    // Its own patience is of minutes, of which its user is told nothing.
    "spark.hadoop.fs.gs.http.max.retry": "3",
    "spark.hadoop.fs.gs.http.connect-timeout": "10000",
    // Nobody needs empty objects in the place of folders.
    "spark.hadoop.fs.gs.implicit.dir.repair.enable": "false",
    ...(emulator && {
      "spark.hadoop.fs.gs.storage.root.url": `${emulator}/`,
      // The one of releases from 3 on, the others of those before.
      "spark.hadoop.fs.gs.auth.type": "UNAUTHENTICATED",
      "spark.hadoop.fs.gs.auth.service.account.enable": "false",
      "spark.hadoop.fs.gs.auth.null.enable": "true",
    }),
  }
}
