import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { EngineError } from "@assets/core"
import { findProgram, isExecutable } from "../install/find-program.ts"
import type { SparkJars } from "../install/spark-jars.ts"
import type { Variables } from "../spark-options.ts"

/** The oldest Java that Spark 4 runs on. */
const LEAST_JAVA = 17

/** A Java runtime of this machine. */
export interface Java {
  /** Its `java`. */
  readonly path: string
  /** `17.0.15`. */
  readonly version: string
  readonly major: number
  /** Differs between two builds, also of one version. */
  readonly build: string
}

/**
 * Finds the Java runtime to start Spark with: of `javaHome`, else the first on the path.
 * @throws EngineError `JAVA_MISSING` when there is none, or one that is too old
 */
export async function findJava(javaHome: string | undefined, env: Variables): Promise<Java> {
  const path = javaHome === undefined ? findProgram("java", env) : join(javaHome, "bin", "java")
  if (path === undefined || !isExecutable(path)) throw javaMissing(javaHome)
  const real = realpathSync(path)
  const about = releaseFile(real) ?? (await printedVersion(real, javaHome))
  const version = /(?:JAVA_VERSION=|version )"([^"]+)"/.exec(about)?.[1]
  if (version === undefined) throw javaMissing(javaHome, `It says of itself: ${about.trim().slice(0, 200)}`)
  const major = Number(/^(?:1\.)?(\d+)/.exec(version)?.[1] ?? 0)
  if (major < LEAST_JAVA) throw javaTooOld(real, version)
  return { path: real, version, major, build: createHash("sha256").update(`${real}\n${about}`).digest("hex") }
}

/** What a runtime says of itself in a file: reading it costs nothing, starting it a tenth of a second. */
function releaseFile(java: string): string | undefined {
  try {
    const text = readFileSync(join(dirname(dirname(java)), "release"), "utf8")
    return text.includes("JAVA_VERSION=") ? text : undefined
  } catch {
    return undefined // not every build has one
  }
}

async function printedVersion(java: string, javaHome: string | undefined): Promise<string> {
  try {
    return (await promisify(execFile)(java, ["-version"])).stderr
  } catch (cause) {
    throw javaMissing(javaHome, cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause))
  }
}

function javaMissing(javaHome: string | undefined, why?: string): EngineError {
  const place = javaHome === undefined ? "on the path, and JAVA_HOME is not set" : `at ${join(javaHome, "bin", "java")}`
  return new EngineError("JAVA_MISSING", {
    what: `There is no Java ${place}.`,
    why: why ?? `Spark runs on Java ${LEAST_JAVA} or later.`,
    fix: `${installJava()}${javaHome === undefined ? "" : ", or correct JAVA_HOME or spark({ javaHome })"}.`,
    details: { javaHome: javaHome ?? null },
  })
}

function javaTooOld(path: string, version: string): EngineError {
  return new EngineError("JAVA_MISSING", {
    what: `The Java at ${path} is version ${version}.`,
    why: `Spark runs on Java ${LEAST_JAVA} or later.`,
    fix: `${installJava()}, and set JAVA_HOME to it.`,
    details: { path, version },
  })
}

/** The Hadoop up to 3.4.2 asks Java for something that 23 refuses: a session opens, and each write fails. */
const hadoopOfOldJava = /^hadoop-client-api-3\.([0-3]\.\d+|4\.[0-2])\.jar$/
const FIRST_WITHOUT_SUBJECT = 23

/** @throws EngineError `JAVA_MISSING` when these jars do not work on this Java, being too new for them */
export function requireJavaFor({ names, version }: SparkJars, java: Java): void {
  const hadoop = names.find(name => hadoopOfOldJava.test(name))
  if (hadoop === undefined || java.major < FIRST_WITHOUT_SUBJECT) return
  throw new EngineError("JAVA_MISSING", {
    what: `The Java at ${java.path} is version ${java.version}, which is too new for Spark ${version}.`,
    why: `Its ${hadoop.replace(".jar", "")} runs on Java up to ${FIRST_WITHOUT_SUBJECT - 1}; Spark is tested on 17 and 21.`,
    fix: `${installJava()}, and set JAVA_HOME to it.`,
    details: { path: java.path, version: java.version },
  })
}

function installJava(): string {
  const command = process.platform === "darwin" ? "brew install openjdk@17" : "apt-get install openjdk-17-jre-headless"
  return `Install Java ${LEAST_JAVA} or 21: ${command}`
}
