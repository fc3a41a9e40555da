import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"

/** What tells one process from every other, also from a later one with its pid. Texts are empty where unknown. */
export interface ProcessIdentity {
  readonly host: string
  /** Of the machine's start. */
  readonly bootId: string
  readonly pidNamespace: string
  readonly pid: number
  /** Ticks between the machine's start and the process's. */
  readonly startedAt: string
}

let own: ProcessIdentity | undefined

/** Returns the identity of this process. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    host: hostname(),
    bootId: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: attempt(() => readlinkSync("/proc/self/ns/pid")),
    pid: process.pid,
    startedAt: attempt(() => startOf(process.pid) ?? ""),
  }
  return own
}

/** Milliseconds after which a holder that cannot be looked at, being on another host, counts as dead. */
const HEARTBEAT_LIMIT_MS = 60_000

/** Whether a process is dead: looked up where it can be seen from here, else told by its last heartbeat. */
export function isDead(other: ProcessIdentity, heartbeatMs: number, nowMs: number): boolean {
  const self = ownIdentity()
  if (other.host === self.host && other.bootId !== "" && self.bootId !== "" && other.bootId !== self.bootId) return true
  const visible = other.host === self.host && other.pidNamespace === self.pidNamespace
  if (!visible) return nowMs - heartbeatMs > HEARTBEAT_LIMIT_MS
  if (self.bootId === "" || other.startedAt === "") return !answersSignals(other.pid)
  return attempt(() => startOf(other.pid) ?? "") !== other.startedAt
}

/** The start of a process in ticks; undefined for one that has ended and was not yet collected by its parent. */
function startOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // The second field is the program's name and may hold spaces and brackets; the third is the state.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19]
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return "" // no /proc on this system, or no such process
  }
}
