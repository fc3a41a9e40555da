import { readdirSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder, EngineError } from "@assets/core"
import type { Variables } from "../spark-options.ts"
import { installedSets } from "./installed-set.ts"
import { ARCHIVE_VERSION, extrasOf, SPARK_VERSION, type SparkExtra } from "./spark-release.ts"

/** A set of another version was installed by another version of this product. */
const knownVersions: ReadonlySet<string> = new Set([SPARK_VERSION, ARCHIVE_VERSION])

/** Jars of Spark that a server can be started with. */
export interface SparkJars {
  readonly folder: string
  /** `4.1.2`. */
  readonly version: string
  /** Names in the order of the class path. */
  readonly names: readonly string[]
  readonly extras: readonly SparkExtra[]
  /** Undefined for an installed set. */
  readonly sparkHome: string | undefined
}

/**
 * Finds the jars of Spark: those of `sparkHome`, else the set of `assets spark install` that has the most extras.
 * @throws EngineError `SPARK_MISSING` when there are none, or they lack the Connect server
 */
export function findSparkJars(sparkHome: string | undefined, env: Variables): SparkJars {
  if (sparkHome !== undefined) return jarsOfHome(sparkHome)
  const sets = installedSets(cacheFolder(env)).filter(({ record }) => knownVersions.has(record.version))
  const found = sets.map(set => jarsOf(join(set.folder, "jars"), undefined))
  const [best] = found.sort((a, b) => b.extras.length - a.extras.length)
  if (best === undefined) throw notInstalled()
  return best
}

function jarsOfHome(sparkHome: string): SparkJars {
  const folder = join(sparkHome, "jars")
  try {
    return jarsOf(folder, sparkHome)
  } catch (cause) {
    if (cause instanceof EngineError) throw cause
    throw new EngineError("SPARK_MISSING", {
      what: `There is no Spark at ${sparkHome}: ${folder} cannot be read.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: "Set SPARK_HOME, or spark({ sparkHome }), to a folder that holds 'jars'; or leave it out and run assets spark install.",
      details: { sparkHome },
      cause,
    })
  }
}

function jarsOf(folder: string, sparkHome: string | undefined): SparkJars {
  const names = readdirSync(folder).filter(name => name.endsWith(".jar"))
  const core = names.map(name => /^spark-core_[\d.]+-(\d+\.\d+\.\d+.*)\.jar$/.exec(name)?.[1]).find(Boolean)
  if (core === undefined || !names.some(name => name.startsWith("spark-connect_"))) throw withoutConnect(folder, core)
  return { folder, version: core, names: classPathOrder(names), extras: extrasOf(names), sparkHome }
}

/** Spark's logging binds to the first slf4j of the class path; the rest is sorted, so that it is the same at each start. */
function classPathOrder(names: readonly string[]): string[] {
  const isFirst = (name: string) => /^slf4j-api-2\./.test(name)
  return [...names.filter(isFirst), ...names.filter(name => !isFirst(name)).sort()]
}

function notInstalled(): EngineError {
  return new EngineError("SPARK_MISSING", {
    what: "Spark is not installed.",
    why: "SPARK_HOME is not set, and assets spark install has not run for this user.",
    fix: "Run assets spark install; or set SPARK_HOME to a distribution of Spark 4, or SPARK_REMOTE to a Spark Connect server.",
  })
}

function withoutConnect(folder: string, version: string | undefined): EngineError {
  return new EngineError("SPARK_MISSING", {
    what: `The jars in ${folder} have no Spark Connect server.`,
    why: version === undefined ? "There is no spark-core among them." : `Spark ${version} keeps it apart.`,
    fix: "Use Spark 4.0 or later: unset SPARK_HOME and run assets spark install; or start the server yourself and set SPARK_REMOTE.",
    details: { folder, version: version ?? null },
  })
}

/** What a cluster's master is reached by, which not every set of jars has. */
const masterJars = [
  { master: "yarn", jar: "spark-yarn_" },
  { master: "k8s:", jar: "spark-kubernetes_" },
]

/** @throws EngineError `SPARK_MISSING` when the jars cannot reach the master */
export function requireMasterJars({ names, folder, version }: SparkJars, master: string): void {
  const needed = masterJars.find(one => master.startsWith(one.master))
  if (needed === undefined || names.some(name => name.startsWith(needed.jar))) return
  throw new EngineError("SPARK_MISSING", {
    what: `The jars of Spark ${version} in ${folder} cannot reach '${master}'.`,
    why: `There is no ${needed.jar}… among them: what assets spark install brings is for local[*] and spark://.`,
    fix: "Set SPARK_HOME, or spark({ sparkHome }), to a whole distribution of Spark 4; a cluster's nodes have one.",
    details: { folder, master },
  })
}
