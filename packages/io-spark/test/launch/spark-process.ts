import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until something holds; false when it does not within the time. */
export async function holdsWithin(ms: number, condition: () => boolean): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(50)) if (condition()) return true
  return condition()
}

/** The pids of the processes whose folder is below another. */
export function processesIn(folder: string): number[] {
  return readdirSync("/proc")
    .filter(name => /^\d+$/.test(name))
    .filter(name => commandOf(Number(name)).includes(folder))
    .map(Number)
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
  } catch {
    return "" // it has ended
  }
}

/** Pids of the living processes that a process has started. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    const [state, ppid] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
    return state === "Z" ? undefined : Number(ppid)
  } catch {
    return undefined // it has ended
  }
}

/** Pids of the living processes that a process has started, and of those that they have. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap(child => [child, ...descendantsOf(child)])
}
