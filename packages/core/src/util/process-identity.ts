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
    startedAt: statOf(process.pid).start,
  }
  return own
}

/** Milliseconds after which a holder that gives no sign, being stopped or on another host, counts as dead. */
const HEARTBEAT_LIMIT_MS = 60_000

/**
 * Whether a process is dead: looked up where it can be seen from here, else told by its last heartbeat. One that is
 * stopped counts as dead when its heartbeat is as old: it may be woken any time, and finds its leases lost then.
 */
export function isDead(other: ProcessIdentity, heartbeatMs: number, nowMs: number): boolean {
  const self = ownIdentity()
  if (other.host === self.host && other.bootId !== "" && self.bootId !== "" && other.bootId !== self.bootId) return true
  const visible = other.host === self.host && other.pidNamespace === self.pidNamespace
  if (!visible) return nowMs - heartbeatMs > HEARTBEAT_LIMIT_MS
  if (self.bootId === "" || other.startedAt === "") return !isRunning(other.pid)
  const { state, start } = statOf(other.pid)
  if (start !== other.startedAt) return true
  return stopped.has(state) && nowMs - heartbeatMs > HEARTBEAT_LIMIT_MS
}

/** Whether a process is known to be dead: false of one that cannot be seen from here, on whichever host it is. */
export function isKnownDead(other: ProcessIdentity): boolean {
  const self = ownIdentity()
  const isVisible =
    self.bootId !== "" &&
    other.bootId === self.bootId &&
    other.host === self.host &&
    other.pidNamespace === self.pidNamespace
  return isVisible && isDead(other, Date.now(), Date.now())
}

/** Whether a process of this host is stopped, by SIGSTOP or Ctrl-Z: it holds what it holds and does nothing. */
export function isStopped({ host, pid }: Pick<ProcessIdentity, "host" | "pid">): boolean {
  return host === ownIdentity().host && stopped.has(statOf(pid).state)
}

/** States of a process that a signal, or a debugger, has stopped. */
const stopped: ReadonlySet<string> = new Set(["T", "t"])

/** The state of a process and its start in ticks; no start for one that has ended and was not collected by its parent. */
function statOf(pid: number): { readonly state: string; readonly start: string } {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
  // The second field is the program's name and may hold spaces and brackets; the third is the state.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const state = fields[0] ?? ""
  return { state, start: state === "Z" || state === "X" ? "" : (fields[19] ?? "") }
}

/** Whether a process has this pid; also one that this user may send no signal. */
export function isRunning(pid: number): boolean {
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
