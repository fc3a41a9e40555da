import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { findJava } from "../launch/java.ts"
import { ServerLog } from "../launch/server-log.ts"
import { supervise } from "../launch/supervisor.ts"
import type { Variables } from "../spark-options.ts"
import { findProgram } from "./find-program.ts"
import { downloadFailure, noInstaller } from "./install-failure.ts"
import { sparkPom } from "./spark-pom.ts"
import { ARCHIVE_VERSION, type SparkExtra } from "./spark-release.ts"

const LOOK_MS = 200

/** How far a download is. */
export interface InstallProgress {
  readonly what: "downloading" | "checking"
  /** Files that have come. What was in Maven's own store does not come again. */
  readonly files: number
  readonly bytes: number
}

export interface FetchOptions {
  /** An existing, empty folder. The jars come into its `jars`. */
  readonly folder: string
  readonly env: Variables
  readonly signal: AbortSignal
  readonly onProgress: (progress: InstallProgress) => void
}

/** Brings jars; made by `mavenFetcher` or `archiveFetcher`. */
export interface Fetcher {
  readonly from: "maven" | "archive"
  fetch(options: FetchOptions): Promise<void>
}

/**
 * Returns what brings the jars on this machine: Maven, else pip for the archive of Spark, which has no extras.
 * @throws EngineError `SPARK_INSTALL_FAILED` when there is neither, `JAVA_MISSING` when Maven has no Java to run on
 */
export async function findFetcher(extras: readonly SparkExtra[], env: Variables): Promise<Fetcher> {
  const maven = findProgram("mvn", env)
  if (maven !== undefined) {
    await findJava(env.JAVA_HOME || undefined, env)
    return mavenFetcher(maven, extras)
  }
  const pip = findProgram("pip3", env) ?? findProgram("pip", env)
  if (pip !== undefined && extras.length === 0) return archiveFetcher(pip)
  throw noInstaller(extras)
}

function mavenFetcher(maven: string, extras: readonly SparkExtra[]): Fetcher {
  return {
    from: "maven",
    async fetch(options) {
      const { folder } = options
      writeFileSync(join(folder, "pom.xml"), sparkPom(extras))
      const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
      const target = [`-DoutputDirectory=${join(folder, "jars")}`, "-DincludeScope=runtime"]
      await run([maven, "-B", "-Dstyle.color=never", goal, ...target], "Maven", options)
    },
  }
}

/** The archive is Python's source form: its jars are plain files in it, and no Python is needed to unpack or run them. */
function archiveFetcher(pip: string): Fetcher {
  return {
    from: "archive",
    async fetch(options) {
      const { folder } = options
      const name = `pyspark==${ARCHIVE_VERSION}`
      const download = ["download", "--no-deps", "--no-binary", ":all:", "-d", folder, name]
      await run([pip, "--disable-pip-version-check", ...download], "pip", options)
      const archive = readdirSync(folder).find(file => file.endsWith(".tar.gz"))
      if (archive === undefined) throw new Error("pip brought no archive; please report this.")
      mkdirSync(join(folder, "jars"))
      const member = `pyspark-${ARCHIVE_VERSION}/deps/jars`
      const unpack = ["tar", "-xzf", join(folder, archive), "-C", join(folder, "jars"), "--strip-components=3", member]
      await run(unpack, "tar", options)
    },
  }
}

/** Runs a program to its end; it ends with this process, too. */
async function run(command: readonly string[], name: string, options: FetchOptions): Promise<void> {
  const { folder, env, signal, onProgress } = options
  const log = new ServerLog(join(folder, `${name}.log`), [])
  const program = await supervise(command, { log: log.path, cwd: folder, env })
  const seen = new DownloadCount()
  while (program.exitCode() === undefined) {
    if (signal.aborted) await program.stop()
    signal.throwIfAborted()
    onProgress({ what: "downloading", ...seen.add(log.from(seen.read)) })
    await Promise.race([sleep(LOOK_MS), program.ended])
  }
  const code = await program.ended
  if (code !== 0) throw downloadFailure(name, code, log.tail())
}

const unitBytes: { readonly [unit: string]: number } = { "": 1, k: 1e3, M: 1e6, G: 1e9 }

/** Counts what Maven says that it has downloaded. */
class DownloadCount {
  /** Bytes of the log that were looked at. */
  read = 0
  #files = 0
  #bytes = 0

  add(text: string): { readonly files: number; readonly bytes: number } {
    const whole = text.slice(0, text.lastIndexOf("\n") + 1)
    this.read += Buffer.byteLength(whole)
    for (const [, count, unit = ""] of whole.matchAll(/Downloaded from .* \(([\d.]+) ([kMG]?)B at/g)) {
      this.#files += 1
      this.#bytes += Number(count) * (unitBytes[unit] ?? 1)
    }
    return { files: this.#files, bytes: this.#bytes }
  }
}
