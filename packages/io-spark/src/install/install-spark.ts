import { createHash, randomBytes } from "node:crypto"
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { cacheFolder, EngineError, isRunning, StorageError } from "@assets/core"
import type { Variables } from "../spark-options.ts"
import { type Fetcher, findFetcher, type InstallProgress } from "./fetch-jars.ts"
import { type InstalledJar, type InstalledRecord, installedSets, RECORD, readSet, setsFolder } from "./installed-set.ts"
import { sparkPom } from "./spark-pom.ts"
import { ARCHIVE_VERSION, extrasOf, SPARK_VERSION, type SparkExtra, sparkExtras } from "./spark-release.ts"

export interface InstallOptions {
  /** What comes beside Spark. What was installed before stays. */
  readonly extras?: readonly SparkExtra[]
  /** Default: the process's variables. */
  readonly env?: Variables
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: InstallProgress) => void
}

/** A set of jars in the user's cache. */
export interface InstalledSpark {
  readonly folder: string
  readonly version: string
  readonly extras: readonly SparkExtra[]
  readonly from: "maven" | "archive"
  readonly jars: number
  readonly bytes: number
  /** Whether it was there before, whole by its checksums. */
  readonly wasThere: boolean
}

/**
 * Brings the jars of Spark into the user's cache, by Maven, or by pip where there is no Maven: about 310 MB. A set that
 * is there is checked by its checksums, and made anew when a jar is damaged. A set gets its name when it is complete:
 * one that is broken off is not found, and two processes that install at once give one set.
 *
 * @throws EngineError `SPARK_INSTALL_FAILED`, `JAVA_MISSING`; StorageError `STORAGE_FULL`, `STORAGE_UNWRITABLE`
 */
export async function installSpark(options: InstallOptions = {}): Promise<InstalledSpark> {
  const { env = process.env, signal = new AbortController().signal, onProgress = () => {} } = options
  const cache = cacheFolder(env)
  const extras = withFormerExtras(options.extras ?? [], cache)
  const there = [mavenName(extras), ...(extras.length === 0 ? [archiveName()] : [])]
  for (const name of there) {
    const found = await wholeSet(join(setsFolder(cache), name), onProgress, signal)
    if (found) return { ...found, wasThere: true }
  }
  const fetcher = await findFetcher(extras, env)
  const name = fetcher.from === "maven" ? mavenName(extras) : archiveName()
  const wanted = join(setsFolder(cache), name)
  const part = makePart(wanted)
  try {
    await fetcher.fetch({ folder: part, env, signal, onProgress })
    const record = await recordOf(part, fetcher, onProgress, signal)
    keepJarsAlone(part)
    writeFileSync(join(part, RECORD), `${JSON.stringify(record, null, 1)}\n`)
    nameSet(part, wanted)
    return { ...describe(wanted, record), wasThere: false }
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

/** Sets are told apart by what they are made of. */
function mavenName(extras: readonly SparkExtra[]): string {
  return `${SPARK_VERSION}-${shortHash(sparkPom(extras))}`
}

function archiveName(): string {
  return `${ARCHIVE_VERSION}-${shortHash("archive")}`
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12)
}

/** Installing one extra takes none away. */
function withFormerExtras(asked: readonly SparkExtra[], cache: string): SparkExtra[] {
  const former = installedSets(cache).flatMap(({ record }) => record.extras)
  return sparkExtras.filter(extra => asked.includes(extra) || former.includes(extra))
}

async function wholeSet(
  folder: string,
  onProgress: (progress: InstallProgress) => void,
  signal: AbortSignal,
): Promise<Omit<InstalledSpark, "wasThere"> | undefined> {
  const set = readSet(folder)
  if (set === undefined) return undefined
  const actual = await jarsIn(join(folder, "jars"), onProgress, signal)
  const expected = set.record.jars
  const isWhole =
    actual.length === expected.length &&
    actual.every(({ name, sha256 }, i) => expected[i]?.name === name && expected[i]?.sha256 === sha256)
  if (isWhole) return describe(folder, set.record)
  const aside = `${folder}.part-${process.pid}-${randomBytes(4).toString("hex")}`
  renameSync(folder, aside)
  rmSync(aside, { recursive: true, force: true })
  return undefined
}

/** A folder for what is being made, and none for what dead processes have left. */
function makePart(wanted: string): string {
  const parent = join(wanted, "..")
  try {
    mkdirSync(parent, { recursive: true })
    for (const name of readdirSync(parent)) {
      const pid = /\.part-(\d+)-/.exec(name)?.[1]
      if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true })
    }
    const part = `${wanted}.part-${process.pid}-${randomBytes(4).toString("hex")}`
    mkdirSync(part)
    return part
  } catch (cause) {
    throw new StorageError("STORAGE_UNWRITABLE", {
      what: `Spark cannot be installed below ${parent}.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: "Let ASSETS_CACHE name a folder that this user may write to.",
      details: { path: parent },
      cause,
    })
  }
}

async function recordOf(
  part: string,
  fetcher: Fetcher,
  onProgress: (progress: InstallProgress) => void,
  signal: AbortSignal,
): Promise<InstalledRecord> {
  const jars = await jarsIn(join(part, "jars"), onProgress, signal)
  const names = jars.map(({ name }) => name)
  const version = names.map(name => /^spark-connect_[\d.]+-(.+)\.jar$/.exec(name)?.[1]).find(Boolean)
  if (version === undefined) {
    throw new EngineError("SPARK_INSTALL_FAILED", {
      what: "What was downloaded holds no Spark Connect server.",
      why: `There are ${names.length} jars, and none of them is spark-connect.`,
      fix: "Run assets spark install again; or set SPARK_HOME to a distribution of Spark 4 that you have.",
    })
  }
  return { format: 1, version, extras: extrasOf(names), from: fetcher.from, jars }
}

/** The jars of a folder with their checksums, by name. */
async function jarsIn(
  folder: string,
  onProgress: (progress: InstallProgress) => void,
  signal: AbortSignal,
): Promise<InstalledJar[]> {
  const jars: InstalledJar[] = []
  let sum = 0
  const names = existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith(".jar")) : []
  for (const name of names.sort()) {
    const hash = createHash("sha256")
    await pipeline(createReadStream(join(folder, name)), hash, { signal })
    const bytes = statSync(join(folder, name)).size
    sum += bytes
    jars.push({ name, bytes, sha256: hash.digest("hex") })
    onProgress({ what: "checking", files: jars.length, bytes: sum })
  }
  return jars
}

/** Logs, the project file and the archive are of no use later. */
function keepJarsAlone(part: string): void {
  for (const name of readdirSync(part)) if (name !== "jars") rmSync(join(part, name), { recursive: true, force: true })
}

function nameSet(part: string, wanted: string): void {
  try {
    renameSync(part, wanted)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Another process was first: its set is as good.
    if ((code === "ENOTEMPTY" || code === "EEXIST") && readSet(wanted)) return
    throw error
  }
}

function describe(folder: string, { version, extras, from, jars }: InstalledRecord): Omit<InstalledSpark, "wasThere"> {
  return { folder, version, extras, from, jars: jars.length, bytes: jars.reduce((sum, jar) => sum + jar.bytes, 0) }
}
