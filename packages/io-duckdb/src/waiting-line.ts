import { mkdirSync, readdirSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export type HoldMode = "read" | "write"

/** Who waits touches its ticket at least this often; an older one is of a process that died, or was stopped. */
const liveMs = 2000

const ticketName = /^\d{13}-(\d+)-\d+-(read|write)$/

/**
 * The processes that wait for a file, in the order in which they came: each keeps a ticket in a folder beside the file.
 * Nobody tries before those who came earlier, except that readers do not wait for readers; so none is passed over.
 */
export class WaitingLine {
  readonly folder: string

  constructor(file: string) {
    this.folder = `${file}.waiting`
  }

  /** Whether another process waits just now to do what excludes `mode`. */
  excludes(mode: HoldMode, before = "~"): boolean {
    return this.#names().some(name => {
      const [, pid, wanted] = ticketName.exec(name) ?? []
      if (pid === undefined || name >= before || Number(pid) === process.pid) return false
      return (mode === "write" || wanted === "write") && isLive(join(this.folder, name))
    })
  }

  /** The process that has waited longest, when it is another one. */
  firstPid(): number | undefined {
    for (const name of [...this.#names()].sort()) {
      const pid = Number(ticketName.exec(name)?.[1] ?? process.pid)
      if (pid !== process.pid && isLive(join(this.folder, name))) return pid
    }
    return undefined
  }

  /** Takes a place at the end of the line; undefined where no file can be made, so that no order can be kept. */
  enter(mode: HoldMode): Ticket | undefined {
    const name = `${Date.now()}-${process.pid}-${++tickets}-${mode}`
    const path = join(this.folder, name)
    // Who leaves last removes the folder, maybe between the two.
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        mkdirSync(this.folder, { recursive: true })
        writeFileSync(path, "")
        return new Ticket(this, name, mode)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") return undefined
      }
    }
    return undefined
  }

  /** The tickets of processes that no longer wait. */
  left(): readonly string[] {
    return this.#names()
      .filter(name => ticketName.test(name))
      .map(name => join(this.folder, name))
      .filter(path => !isLive(path))
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.folder)
    } catch {
      return [] // nobody waits
    }
  }
}

/** A place in the line, until `leave`. */
export class Ticket {
  readonly #line: WaitingLine
  readonly #name: string
  readonly #mode: HoldMode

  constructor(line: WaitingLine, name: string, mode: HoldMode) {
    this.#line = line
    this.#name = name
    this.#mode = mode
  }

  /** Says that this process still waits, and tells whether it is its turn. */
  isFirst(): boolean {
    const path = join(this.#line.folder, this.#name)
    const now = new Date()
    try {
      utimesSync(path, now, now)
    } catch {
      // removed by hand: the order is lost, the wait goes on
    }
    return !this.#line.excludes(this.#mode, this.#name)
  }

  leave(): void {
    // Those that a killed process left would keep the folder; a stopped one that is woken goes on without its ticket.
    for (const left of this.#line.left()) rmSync(left, { force: true })
    rmSync(join(this.#line.folder, this.#name), { force: true })
    try {
      rmdirSync(this.#line.folder)
    } catch {
      // others wait in it
    }
  }
}

let tickets = 0

function isLive(path: string): boolean {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return touched !== undefined && Math.abs(Date.now() - touched) < liveMs
}
