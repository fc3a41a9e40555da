import { createHash, randomBytes } from "node:crypto"
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { hostname } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { cacheFolder, isRunning, StorageError } from "@assets/core"
import { findSparkJars } from "../install/spark-jars.ts"
import type { SparkLaunch } from "../spark-options.ts"
import { findJava } from "./java.ts"
import { keep } from "./keeper.ts"
import { prepareServer } from "./prepare-server.ts"
import { ServerLog } from "./server-log.ts"
import { type PortOptions, serverPort } from "./server-port.ts"
import { serverFailure } from "./start-failure.ts"
import type { SparkServer } from "./start-spark-server.ts"

/** Milliseconds between two looks at what another process does. */
const LOOK_MS = 100
/** Milliseconds in which the keeper of a server has seen that it has ended. */
const KEEPER_MS = 3_000

/** What a kept server says of itself to the next command. */
interface KeptRecord {
  readonly pid: number
  readonly port: number
  readonly token: string
  readonly version: string
  readonly log: string
}

interface KeptOptions extends PortOptions {
  readonly launch: SparkLaunch
  readonly keepAliveMs: number
  readonly timeZone: string
}

/**
 * Takes a lease of the server that was kept for these very settings, or starts one. It stays as long as a process that
 * holds a lease of it lives, and `keepAliveMs` beyond; `stop` gives the lease back. What it writes is in the user's cache.
 *
 * @throws EngineError as `startSparkServer`; StorageError `STORAGE_UNWRITABLE` when the cache cannot be written
 */
export async function keptServer(options: KeptOptions): Promise<SparkServer> {
  const place = makePlace(join(cacheFolder(options.launch.env), "spark", "servers"), await keyOf(options))
  for (;;) {
    options.signal?.throwIfAborted()
    const found = await leased(place, options.launch)
    if (found) return found
    const release = lockStart(place)
    if (release === undefined) {
      await sleep(LOOK_MS)
      continue
    }
    try {
      // Another process may have started one between the look and the lock.
      const other = await leased(place, options.launch)
      if (other) return other
      return await startKept(place, options)
    } finally {
      release()
    }
  }
}

/** Two servers are one for a command when it would start them alike: jars, Java, options, variables that they read. */
async function keyOf({ launch, timeZone }: KeptOptions): Promise<string> {
  const { env, keepAliveMs: _, ...settings } = launch
  const [java, jars] = [await findJava(launch.javaHome, env), findSparkJars(launch.sparkHome, env)]
  const read = Object.entries(env).filter(([name]) =>
    /^(AWS|GOOGLE|CLOUDSDK|STORAGE_EMULATOR|HADOOP|YARN|SPARK|JAVA|JDK|KUBE|LC|LANG|TZ)/.test(name),
  )
  const text = JSON.stringify([hostname(), java.build, jars.folder, jars.names, settings, read.sort(), timeZone])
  return createHash("sha256").update(text).digest("hex").slice(0, 20)
}

function makePlace(parent: string, key: string): string {
  const place = join(parent, key)
  try {
    mkdirSync(place, { recursive: true, mode: 0o700 })
    return place
  } catch (cause) {
    throw new StorageError("STORAGE_UNWRITABLE", {
      what: `No server can be kept in ${parent}.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: "Let ASSETS_CACHE name a folder that this user may write to, or leave keepAlive out of spark().",
      details: { path: parent },
      cause,
    })
  }
}

/** The server that is kept, with a lease of it; undefined when there is none that answers. */
async function leased(place: string, launch: SparkLaunch): Promise<SparkServer | undefined> {
  const folder = textOf(join(place, "current"))
  if (folder === undefined) return undefined
  const lease = takeLease(folder)
  if (lease === undefined) return undefined
  const record = readRecord(folder)
  // The keeper looks at the leases once more after it has taken `current` away.
  const isKept = record && textOf(join(place, "current")) === folder && (await answers(record.port))
  if (record && isKept && isServer(record.pid, folder)) return describe({ record, folder, lease, launch })
  rmSync(lease, { force: true })
  return undefined
}

async function startKept(place: string, options: KeptOptions): Promise<SparkServer> {
  const { launch, keepAliveMs } = options
  const prepared = await prepareServer(launch, place, options.timeZone)
  const { folder, log, env, token, version } = prepared
  mkdirSync(join(folder, "leases"))
  const lease = takeLease(folder)
  if (lease === undefined) throw new Error("The folder of a server was removed while it started; please report this.")
  prepared.archive.forget()
  const idleSeconds = Math.max(1, Math.round(keepAliveMs / 1000))
  const pid = await keep(prepared.command, { folder, log: log.path, env, idleSeconds })
  try {
    const port = await serverPort(prepared, exitCodeReader(folder, pid), options)
    const record: KeptRecord = { pid, port, token, version, log: log.path }
    writeFileSync(join(folder, "server.json"), JSON.stringify(record), { mode: 0o600 })
    writeFileSync(join(folder, "named"), folder)
    renameSync(join(folder, "named"), join(place, "current"))
    return describe({ record, folder, lease, launch })
  } catch (error) {
    endProcess(pid)
    rmSync(lease, { force: true })
    throw error
  }
}

interface Leased {
  readonly record: KeptRecord
  readonly folder: string
  readonly lease: string
  readonly launch: SparkLaunch
}

function describe({ record, folder, lease, launch }: Leased): SparkServer {
  const { pid, port, token, version } = record
  const log = new ServerLog(record.log, [token])
  const exitCode = exitCodeReader(folder, pid)
  return {
    remote: { host: "127.0.0.1", port, token, useTls: false, headers: {} },
    pid,
    version,
    logTail: () => log.tail(),
    failure: () => {
      const code = existsSync(lease) ? exitCode() : undefined
      return code === undefined ? undefined : serverFailure({ master: launch.master, code, log: log.tail() })
    },
    stop: async () => rmSync(lease, { force: true }),
  }
}

/** The keeper of the server sees by the name of the file whether who holds it lives. */
function takeLease(folder: string): string | undefined {
  const lease = join(folder, "leases", `${process.pid}-${randomBytes(6).toString("hex")}`)
  try {
    closeSync(openSync(lease, "wx"))
    return lease
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined // it has ended
    throw error
  }
}

/** Undefined when another process starts a server; its lock ends with it. */
function lockStart(place: string): (() => void) | undefined {
  const lock = join(place, "starting")
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" })
    return () => rmSync(lock, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    const holder = Number(textOf(lock))
    if (holder > 0 && !isRunning(holder)) rmSync(lock, { force: true })
    return undefined
  }
}

/** Reads the exit code of a server, which its keeper writes down: within a second or two, unless it was killed with it. */
function exitCodeReader(folder: string, pid: number): () => number | undefined {
  let deadSince: number | undefined
  return () => {
    const text = textOf(join(folder, "exit-code"))
    if (text !== undefined) return Number(text)
    if (isRunning(pid)) return undefined
    deadSince ??= Date.now()
    return Date.now() - deadSince > KEEPER_MS ? 137 : undefined
  }
}

function readRecord(folder: string): KeptRecord | undefined {
  const text = textOf(join(folder, "server.json"))
  return text === undefined ? undefined : (JSON.parse(text) as KeptRecord) // as it was written here, in one piece
}

/** Undefined for a file that is not there, or empty. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: "127.0.0.1", port })
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
}

/** Whether a pid is still that of the server: after its end, and after a restart of the machine, others get its number. */
function isServer(pid: number, folder: string): boolean {
  if (!isRunning(pid)) return false
  const command = textOf(`/proc/${pid}/cmdline`)
  return command === undefined ? !existsSync("/proc/self") : command.includes(folder)
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGTERM")
  } catch {
    // It has ended.
  }
}
