import { spawn } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import type { SparkJars } from "../install/spark-jars.ts"
import type { Java } from "./java.ts"
import { argumentFile, classPath, moduleArguments } from "./server-arguments.ts"

/** Milliseconds after which an archive that nobody used, or a file that somebody left, is removed. */
const UNUSED_MS = 30 * 24 * 3_600_000
/** The longest that making one can take. */
const MAKING_MS = 10 * 60_000

/** Keeps the JVM from telling of classes that cannot be archived. */
const quiet = "-Xlog:cds*=off"

/**
 * Makes an archive while nothing waits for it ($1 the wanted file, $2 what is made of it, $3 the marker, $4 the list of
 * classes, $5 the file of arguments; the rest is the command). What is half-made is never found under the wanted name.
 */
const script = `
wanted=$1 made=$2 marker=$3 list=$4 arguments=$5
shift 5
nice -n 19 "$@" && mv "$made" "$wanted"
rm -f "$made" "$marker" "$list" "$arguments"
`

/**
 * An archive of loaded classes: with one, a server starts in half of the time. It holds for one JVM and one set of jars;
 * where there is none yet, the server notes what it loads, and the archive is made of that after its end, in the
 * background and with the least priority.
 */
export class ClassArchive {
  readonly #folder: string
  readonly #java: Java
  readonly #jars: SparkJars
  readonly #collector: readonly string[]
  readonly #wanted: string
  #list: string | undefined

  /** @param collector the arguments by which the JVM collects, which an archive depends on */
  constructor(cache: string, java: Java, jars: SparkJars, collector: readonly string[]) {
    this.#folder = join(cache, "spark", "classes")
    this.#java = java
    this.#jars = jars
    this.#collector = collector
    this.#wanted = join(this.#folder, `${archiveKey(java, jars, collector)}.jsa`)
  }

  /** Those by which a server uses the archive, or notes what one is made of. */
  arguments(): string[] {
    if (existsSync(this.#wanted)) {
      attempt(() => utimesSync(this.#wanted, new Date(), new Date())) // another user's cache
      return [`-XX:SharedArchiveFile=${this.#wanted}`, "-Xshare:auto", quiet]
    }
    const list = join(this.#folder, `${randomBytes(8).toString("hex")}.list`)
    const noted = attempt(() => {
      mkdirSync(this.#folder, { recursive: true })
      closeSync(openSync(list, "wx"))
      return true
    })
    // A cache that cannot be written: the server starts as well, only slower.
    if (!noted) return []
    this.#list = list
    return [`-XX:DumpLoadedClassList=${list}`, quiet]
  }

  /** Leaves aside what the server noted: it has not come far. */
  forget(): void {
    if (this.#list !== undefined) rmSync(this.#list, { force: true })
    this.#list = undefined
  }

  /** Begins to make the archive of what the server noted. Returns at once; no failure of it is anybody's failure. */
  make(): void {
    const list = this.#list
    this.#list = undefined
    if (list === undefined) return
    const marker = `${this.#wanted}.making`
    const began = statSync(list, { throwIfNoEntry: false })?.size && !existsSync(this.#wanted) && this.#mark(marker)
    if (!began) {
      rmSync(list, { force: true })
      return
    }
    this.#removeUnused()
    const made = `${list}.jsa`
    const args = `${list}.arguments`
    writeFileSync(
      args,
      argumentFile([
        ...moduleArguments(this.#java),
        ...this.#collector,
        "-Xshare:dump",
        "-Xlog:disable",
        `-XX:SharedClassListFile=${list}`,
        `-XX:SharedArchiveFile=${made}`,
        "-cp",
        classPath(this.#jars, []),
      ]),
    )
    const command = [this.#wanted, made, marker, list, args, this.#java.path, `@${args}`]
    spawn("/bin/sh", ["-c", script, "sh", ...command], { detached: true, stdio: "ignore", cwd: this.#folder }).unref()
  }

  /** Whether this process is the one to make it. */
  #mark(marker: string): boolean {
    const since = statSync(marker, { throwIfNoEntry: false })?.mtimeMs
    if (since !== undefined && Date.now() - since > MAKING_MS) rmSync(marker, { force: true })
    return (
      attempt(() => {
        closeSync(openSync(marker, "wx"))
        return true
      }) ?? false
    )
  }

  #removeUnused(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name)
      const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
      const limit = name.endsWith(".jsa") ? UNUSED_MS : UNUSED_MS / 30
      if (Date.now() - changed > limit) rmSync(path, { force: true })
    }
  }
}

/** The JVM refuses an archive of another build, of jars of other times or sizes, and of another collector. */
function archiveKey(java: Java, jars: SparkJars, collector: readonly string[]): string {
  const files = jars.names.map(name => {
    const { size, mtimeMs } = statSync(join(jars.folder, name))
    return [name, size, mtimeMs]
  })
  const text = JSON.stringify([java.build, jars.folder, files, collector])
  return createHash("sha256").update(text).digest("hex").slice(0, 20)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
