import { readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs"

/** Who has a database file, so far as can be known from here. */
export interface FileHolder {
  /** For people: `/usr/bin/node (PID 12), run 0199…, marts/revenue`. */
  readonly text: string
  readonly pid: number | undefined
  /** Stopped by a signal: it lets go of nothing before it is woken. */
  readonly stopped: boolean
}

const markOf = (file: string) => `${file}.holder`

/** Notes beside the file for which step this process writes it. */
export function markHolder(file: string, stepId: string): void {
  try {
    writeFileSync(markOf(file), JSON.stringify({ pid: process.pid, step: stepId }))
  } catch {
    // Without it others are told of the process alone.
  }
}

export function unmarkHolder(file: string): void {
  try {
    rmSync(markOf(file), { force: true })
  } catch {
    // the folder became read-only: who reads the mark compares the process
  }
}

/** The mark that a dead process left; undefined when there is none, or its process lives. */
export function leftMark(file: string): string | undefined {
  const pid = readMark(file)?.pid
  return pid === undefined || processState(pid) !== undefined ? undefined : markOf(file)
}

/** Who holds the lock, from what DuckDB says; undefined when it says something else. */
export function holderIn(message: string, file: string): FileHolder | undefined {
  if (!message.includes("Could not set lock on file")) return undefined
  const found = /Conflicting lock is held in (.*?\(PID (\d+)\))/.exec(message)
  if (!found) return { text: "another process", pid: undefined, stopped: false }
  return holderOf(found[1] ?? "", Number(found[2]), file)
}

/** Who wrote the mark, when it lives: known without asking for the lock. */
export function markedHolder(file: string): FileHolder | undefined {
  const pid = readMark(file)?.pid
  if (pid === undefined || processState(pid) === undefined) return undefined
  return processHolder(pid, file)
}

/** A process of which no more is known than its id. */
export function processHolder(pid: number, file: string): FileHolder {
  return holderOf(`${programOf(pid)}(PID ${pid})`, pid, file)
}

function holderOf(name: string, pid: number, file: string): FileHolder {
  const stopped = processState(pid) === "T"
  const texts = [name, ...(stopped ? ["which is stopped"] : []), ...workOf(file, pid)]
  return { text: texts.join(", "), pid, stopped }
}

function programOf(pid: number): string {
  try {
    return `${readlinkSync(`/proc/${pid}/exe`)} `
  } catch {
    return ""
  }
}

/** The run and step on whose behalf a process of ours holds the file. */
function workOf(file: string, pid: number): string[] {
  const mark = readMark(file)
  if (mark?.pid !== pid) return []
  // A step's id for the engine is `run:step:attempt`; a step's name may hold colons itself.
  const [, run, step] = /^([^:]*):(.*):\d+$/s.exec(mark.step) ?? []
  return run ? [`run ${run}`, ...(step ? [step] : [])] : [mark.step]
}

function readMark(file: string): { readonly pid: number; readonly step: string } | undefined {
  try {
    const { pid, step } = JSON.parse(readFileSync(markOf(file), "utf8"))
    return typeof pid === "number" && typeof step === "string" ? { pid, step } : undefined
  } catch {
    return undefined // no mark, or one that is being written
  }
}

/** The kernel's letter for what a process does; undefined when there is none, or no way to see it. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2)[0]
  } catch {
    return undefined
  }
}
