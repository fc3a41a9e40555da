import { ConfigError } from "@assets/core"
import { parseRemote, type Remote } from "./connect/remote.ts"
import { databricksRemote } from "./launch/databricks-remote.ts"
import { memoryMiB } from "./launch/memory-size.ts"
import { masterFault } from "./launch/spark-master.ts"
import { faultsOfConf } from "./pinned-conf.ts"

/**
 * Settings of the Spark engine. None of them changes an answer. Texts may hold `${NAME}`s. What is set here wins over
 * the variable of the same meaning.
 */
export interface SparkOptions {
  /** A Spark Connect server that runs already: `"sc://host:15002/;token=…"`. Default: `SPARK_REMOTE`; else one is started. */
  readonly remote?: string | undefined
  /**
   * Where the server that is started computes: `"local[*]"`, `"local[4]"`, `"spark://host:7077"`, `"yarn"`,
   * `"k8s://https://host:6443"`; or `"databricks"`, a cluster of Databricks that runs already. Default: `SPARK_MASTER`,
   * else `local[*]`.
   */
  readonly master?: string | undefined
  /** Heap of the server: `"4g"`. Default: `SPARK_DRIVER_MEMORY`; else a quarter of the machine for `local`, else 1 GiB. */
  readonly driverMemory?: string | undefined
  /** Heap of each executor: `"16g"`. Default: `SPARK_EXECUTOR_MEMORY`, else Spark's. Without effect on `local`. */
  readonly executorMemory?: string | undefined
  /** Tasks that an executor runs at a time. Default: `SPARK_EXECUTOR_CORES`, else Spark's. */
  readonly executorCores?: number | undefined
  /** Executors. Default: `SPARK_EXECUTOR_INSTANCES`, else Spark's. */
  readonly executorInstances?: number | undefined
  /** A distribution of Spark: the folder that holds `jars`. Default: `SPARK_HOME`, else what `assets spark install` made. */
  readonly sparkHome?: string | undefined
  /** A Java runtime, 17 or 21. Default: `JAVA_HOME`, else the `java` of the path. */
  readonly javaHome?: string | undefined
  /**
   * Further settings of Spark by their own names: those that cannot change an answer, as memory, shuffles, the cluster
   * and `spark.hadoop.*`. The rest is fixed, and refused with the reason.
   */
  readonly conf?: { readonly [key: string]: string | number | boolean } | undefined
  /**
   * How long a server that was started stays when nobody uses it, for the next command: `"30s"`, `"10m"`, `"2h"`.
   * Default: it ends with the run. A kept server holds its memory.
   */
  readonly keepAlive?: string | undefined
}

/** Variables of a process. */
export interface Variables {
  readonly [name: string]: string | undefined
}

/** What a Spark Connect server is started with: options and variables put together, every text expanded. */
export interface SparkLaunch {
  readonly master: string
  readonly driverMemory: string | undefined
  readonly executorMemory: string | undefined
  readonly executorCores: number | undefined
  readonly executorInstances: number | undefined
  readonly kubernetesImage: string | undefined
  readonly sparkHome: string | undefined
  readonly javaHome: string | undefined
  /** Folders with the cluster's configuration, of `HADOOP_CONF_DIR` and `YARN_CONF_DIR`. */
  readonly hadoopConfFolders: readonly string[]
  /** Path of a Google service account's key. */
  readonly googleCredentials: string | undefined
  readonly conf: { readonly [key: string]: string }
  /** Undefined: the server ends with the run. */
  readonly keepAliveMs: number | undefined
  /** The variables that the server's process gets: `AWS_*` among them, which Spark's S3 client reads by itself. */
  readonly env: Variables
}

/** Where Spark is: a server that runs already, or one to start. `conf` holds the settings that the user wants. */
export type ResolvedSpark =
  | {
      readonly kind: "attach"
      /** `sc://…`, or what the variables of Databricks say. */
      readonly remote: string | Remote
      readonly conf: { readonly [key: string]: string }
    }
  | { readonly kind: "launch"; readonly launch: SparkLaunch; readonly conf: { readonly [key: string]: string } }

const names = [
  "remote",
  "master",
  "driverMemory",
  "executorMemory",
  "executorCores",
  "executorInstances",
  "sparkHome",
  "javaHome",
  "conf",
  "keepAlive",
] as const satisfies readonly (keyof SparkOptions)[]

/** Options that say something of a server that is started, and nothing of one that runs already. */
const ofLaunch = [
  "driverMemory",
  "executorMemory",
  "executorCores",
  "executorInstances",
  "sparkHome",
  "javaHome",
  "keepAlive",
] as const satisfies readonly (keyof SparkOptions)[]

/** What is wrong with the options, as sentences; empty when nothing is. A text that needs a variable is looked at later. */
export function faultsOfSparkOptions(options: SparkOptions): string[] {
  const known: readonly string[] = names
  const unknown = Object.keys(options).filter(name => !known.includes(name))
  return [
    ...unknown.map(name => `There is no option '${name}'; there are ${known.join(", ")}.`),
    ...faultsOfPlace(options),
    ...faultsOfSizes(options),
    ...faultsOfConf(options.conf ?? {}),
  ]
}

function faultsOfPlace(options: SparkOptions): string[] {
  const { remote, master } = options
  const faults: string[] = []
  if (remote !== undefined && master !== undefined)
    faults.push("'remote' and 'master' are both set: a server that runs has its own.")
  if (remote !== undefined && !isOpen(remote)) faults.push(...remoteFault(remote))
  if (master !== undefined && !isOpen(master)) faults.push(...masterFault(master))
  if (remote !== undefined || master === "databricks") {
    const idle = ofLaunch.filter(name => options[name] !== undefined)
    if (idle.length > 0) faults.push(`${idle.join(", ")}: without effect on a server that runs already.`)
  }
  return faults
}

/** The text itself may hold a token, and is not shown. */
function remoteFault(remote: string): string[] {
  try {
    parseRemote(remote)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return [`remote: ${error.message} ${error.why}`]
    throw error
  }
}

function faultsOfSizes(options: SparkOptions): string[] {
  const faults: string[] = []
  for (const name of ["driverMemory", "executorMemory"] as const) {
    const value = options[name]
    if (value !== undefined && !isOpen(value) && memoryMiB(value) === undefined)
      faults.push(`${name} is '${value}', which is not a size like 4g or 512m.`)
  }
  for (const name of ["executorCores", "executorInstances"] as const) {
    const value = options[name]
    if (value !== undefined && !isCount(value)) faults.push(`${name} is ${value}, which is not a whole number above 0.`)
  }
  const { keepAlive } = options
  if (keepAlive !== undefined && !isOpen(keepAlive) && durationMs(keepAlive) === undefined)
    faults.push(`keepAlive is '${keepAlive}', which is not a time like 30s, 10m or 2h.`)
  return faults
}

/**
 * Puts options and variables together: an option in code wins over the variable of the same meaning.
 *
 * @param env the process's variables
 * @param expand puts the values of variables in the place of each `${NAME}`
 * @throws ConfigError `CONFIG_INVALID` for an option, or a variable, that Spark could not read; `VARIABLE_MISSING` when
 * Databricks is wanted and its variables are not set
 */
export function resolveSparkOptions(
  options: SparkOptions,
  env: Variables,
  expand: (text: string) => string = text => text,
): ResolvedSpark {
  const expanded = expandOptions(options, expand)
  const sound = { ...withoutMissing(expanded), ...ofVariables(expanded, env) }
  requireSound(faultsOfSparkOptions(sound))
  const conf = Object.fromEntries(Object.entries(sound.conf ?? {}).map(([key, value]) => [key, String(value)]))
  if (sound.remote !== undefined) return { kind: "attach", remote: sound.remote, conf }
  if (sound.master === "databricks") return { kind: "attach", remote: databricksRemote(env), conf }
  return { kind: "launch", launch: launchOf(sound, env, conf), conf }
}

function launchOf(options: SparkOptions, env: Variables, conf: { readonly [key: string]: string }): SparkLaunch {
  return {
    master: options.master ?? "local[*]",
    driverMemory: options.driverMemory,
    executorMemory: options.executorMemory,
    executorCores: options.executorCores,
    executorInstances: options.executorInstances,
    kubernetesImage: variable(env, "SPARK_KUBERNETES_CONTAINER_IMAGE"),
    sparkHome: options.sparkHome,
    javaHome: options.javaHome,
    hadoopConfFolders: ["HADOOP_CONF_DIR", "YARN_CONF_DIR"].flatMap(name => variable(env, name) ?? []),
    googleCredentials: variable(env, "GOOGLE_APPLICATION_CREDENTIALS"),
    conf,
    keepAliveMs: options.keepAlive === undefined ? undefined : durationMs(options.keepAlive),
    env,
  }
}

/** What the variables say where the options say nothing. A master in code leaves `SPARK_REMOTE` aside. */
function ofVariables(options: SparkOptions, env: Variables): SparkOptions {
  const found: { -readonly [name in keyof SparkOptions]: SparkOptions[name] } = {}
  const remote = options.master === undefined ? (options.remote ?? variable(env, "SPARK_REMOTE")) : undefined
  if (remote !== undefined) return options.remote === undefined ? { ...withoutLaunch, remote, master: undefined } : {}
  found.master = options.master ?? variable(env, "SPARK_MASTER") ?? "local[*]"
  if (found.master === "databricks") return options.master === undefined ? { ...withoutLaunch, ...found } : found
  found.driverMemory = options.driverMemory ?? variable(env, "SPARK_DRIVER_MEMORY")
  found.executorMemory = options.executorMemory ?? variable(env, "SPARK_EXECUTOR_MEMORY")
  found.executorCores = options.executorCores ?? numberOf(env, "SPARK_EXECUTOR_CORES")
  found.executorInstances = options.executorInstances ?? numberOf(env, "SPARK_EXECUTOR_INSTANCES")
  found.sparkHome = options.sparkHome ?? variable(env, "SPARK_HOME")
  found.javaHome = options.javaHome ?? variable(env, "JAVA_HOME")
  return found
}

/** Where a variable leads to a server that runs, the options for one that is started stand for other environments. */
const withoutLaunch: SparkOptions = Object.fromEntries(ofLaunch.map(name => [name, undefined]))

/** An empty variable counts as none. */
function variable(env: Variables, name: string): string | undefined {
  return env[name] || undefined
}

function numberOf(env: Variables, name: string): number | undefined {
  const text = variable(env, name)
  return text === undefined ? undefined : Number(text)
}

function expandOptions(options: SparkOptions, expand: (text: string) => string): SparkOptions {
  const entries = Object.entries(options).map(([name, value]) => [name, expandValue(value, expand)])
  return Object.fromEntries(entries)
}

function expandValue(value: unknown, expand: (text: string) => string): unknown {
  if (typeof value === "string") return expand(value)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expandValue(inner, expand)]))
}

function withoutMissing(options: SparkOptions): SparkOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** @throws ConfigError `CONFIG_INVALID` with the faults, when there are any */
export function requireSound(faults: readonly string[]): void {
  if (faults.length === 0) return
  throw new ConfigError("CONFIG_INVALID", {
    what: `spark() was given wrong options: ${faults.join(" ")}`,
    why: "Spark could not start with them, or would give other answers than the other engines.",
    fix: 'Write for one spark({ master: "local[4]", driverMemory: "4g" }), and look at the variables SPARK_*.',
  })
}

/** Whether a text waits for a variable. */
function isOpen(text: string): boolean {
  return text.includes("${")
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0
}

const unitMs: { readonly [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000 }

function durationMs(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d+)(s|m|h)$/.exec(text) ?? []
  return count === undefined || Number(count) === 0 ? undefined : Number(count) * (unitMs[unit] ?? 0)
}
