import { join } from "node:path"
import type { SparkJars } from "../install/spark-jars.ts"
import { JAVA_OPTIONS, javaOptionsOf, type SparkConf } from "../pinned-conf.ts"
import type { SparkLaunch } from "../spark-options.ts"
import type { Java } from "./java.ts"
import { memoryMiB } from "./memory-size.ts"
import { isLocal } from "./spark-master.ts"

/** Packages of Java into which Spark looks; its own launcher opens the same. */
const openPackages = [
  "java.base/java.lang",
  "java.base/java.lang.invoke",
  "java.base/java.lang.reflect",
  "java.base/java.io",
  "java.base/java.net",
  "java.base/java.nio",
  "java.base/java.util",
  "java.base/java.util.concurrent",
  "java.base/java.util.concurrent.atomic",
  "java.base/jdk.internal.ref",
  "java.base/sun.nio.ch",
  "java.base/sun.nio.cs",
  "java.base/sun.security.action",
  "java.base/sun.util.calendar",
  "java.security.jgss/sun.security.krb5",
]

/** What every start of Java for Spark has. */
export function moduleArguments(java: Java): string[] {
  return [
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--add-modules=jdk.incubator.vector",
    ...openPackages.map(name => `--add-opens=${name}=ALL-UNNAMED`),
    ...(java.major >= 24 ? ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"] : []),
  ]
}

/** A local server is short of cores: threads that collect beside it would take them from its start. */
export function collectorArguments(master: string): string[] {
  return isLocal(master) ? ["-XX:+UseSerialGC"] : []
}

/**
 * A server of one run has little time: compiling quickly takes half of the processor time until the first results, and
 * makes computations of minutes up to three times as long. One that is kept, or a cluster's driver, has the time.
 */
function compilerArguments({ master, keepAliveMs }: SparkLaunch): string[] {
  return isLocal(master) && keepAliveMs === undefined ? ["-XX:TieredStopAtLevel=1"] : []
}

/** The jars in their order, then what a cluster needs: an archive of classes holds for the jars, and for them first. */
export function classPath(jars: SparkJars, further: readonly string[]): string {
  return [...jars.names.map(name => join(jars.folder, name)), ...further].join(":")
}

/** A gibibyte is Spark's own default for the driver of a cluster; for `local` Java takes a quarter of the machine. */
function heapArguments(master: string, memory: string | undefined): string[] {
  const mebibytes = memory === undefined ? undefined : memoryMiB(memory)
  if (mebibytes !== undefined) return [`-Xmx${mebibytes}m`]
  return isLocal(master) ? [] : ["-Xmx1g"]
}

/** The user's options of Java, after ours: of two that contradict each other the last one holds. */
function javaOptions(conf: SparkConf): string[] {
  return javaOptionsOf(conf[JAVA_OPTIONS] ?? "")
}

export interface ServerArguments {
  readonly launch: SparkLaunch
  readonly java: Java
  readonly jars: SparkJars
  readonly conf: SparkConf
  /** What stands on the class path behind the jars. */
  readonly furtherClassPath: readonly string[]
  /** Folder of the server, private to it. */
  readonly folder: string
  readonly timeZone: string
  /** Those of the archive of classes. */
  readonly archive: readonly string[]
}

/** The arguments of `java` that start a Spark Connect server. */
export function serverArguments(settings: ServerArguments): string[] {
  const { launch, java, jars, conf, folder, timeZone } = settings
  return [
    ...moduleArguments(java),
    ...collectorArguments(launch.master),
    ...compilerArguments(launch),
    ...heapArguments(launch.master, conf["spark.driver.memory"]),
    ...javaOptions(conf),
    ...settings.archive,
    "-Djdk.reflect.useDirectMethodHandle=false",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dfile.encoding=UTF-8",
    `-Duser.timezone=${timeZone}`,
    `-Djava.io.tmpdir=${join(folder, "tmp")}`,
    `-Dderby.system.home=${join(folder, "derby")}`,
    `-Dlog4j2.configurationFile=${join(folder, "log4j2.properties")}`,
    ...Object.entries(conf).flatMap(([key, value]) => (key === JAVA_OPTIONS ? [] : [`-D${key}=${value}`])),
    "-cp",
    classPath(jars, settings.furtherClassPath),
    "org.apache.spark.sql.connect.service.SparkConnectServer",
  ]
}

/** The text of a file of arguments for `java @file`: a list of hundreds of jars is too long to look at, else. */
export function argumentFile(args: readonly string[]): string {
  return args.map(arg => `"${arg.replace(/[\\"]/g, found => `\\${found}`)}"\n`).join("")
}
