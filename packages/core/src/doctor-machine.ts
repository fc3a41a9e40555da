import { readFileSync, statfsSync } from "node:fs"
import { freemem, tmpdir, totalmem } from "node:os"
import { getHeapStatistics } from "node:v8"
import type { Finding } from "./engine/engine.ts"

/** Something that `doctor` found. */
export interface DoctorFinding extends Finding {
  /** What it is about: `node`, `memory`, `event log`, `engine duckdb`, `io parquet`. */
  readonly about: string
  /** Null for what is about the machine, or the whole project. */
  readonly environment: string | null
}

const leastNode = [20, 19] as const
const smallMemory = 1024 ** 3

/** Looks at what every project needs of the machine: the version of Node, memory, and where engines spill. */
export function examineMachine(): readonly DoctorFinding[] {
  const findings = [nodeFinding(process.versions.node), memoryFinding(), scratchFinding(tmpdir())]
  return findings.map(finding => ({ environment: null, ...finding }))
}

/** Whether a version of Node is one that the product runs on. */
export function nodeFinding(version: string): Finding & { readonly about: string } {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const [leastMajor, leastMinor] = leastNode
  const isEnough = major > leastMajor || (major === leastMajor && minor >= leastMinor)
  const about = "node"
  if (isEnough) return { about, level: "ok", what: `Node ${version}` }
  const least = leastNode.join(".")
  return {
    about,
    level: "error",
    what: `Node ${version} is older than ${least}.`,
    fix: `Install Node ${least} or later.`,
  }
}

/** The memory of this machine, or of its container, in bytes. */
export function totalMemory(): number {
  return Math.min(totalmem(), containerLimit() ?? Number.POSITIVE_INFINITY)
}

function memoryFinding(): Finding & { readonly about: string } {
  const limit = totalMemory()
  const heap = getHeapStatistics().heap_size_limit
  const text = `${gigabytes(limit)} of memory for this machine or container, ${gigabytes(freemem())} of the machine free, ${gigabytes(heap)} for JavaScript`
  const about = "memory"
  if (limit >= smallMemory) return { about, level: "ok", what: text }
  const fix = 'Give engines a limit below it: duckdb({ memoryLimit: "512MB" }); or run with more memory.'
  return { about, level: "warn", what: `${text}. Engines may be killed for want of memory.`, fix }
}

/** Linux's numbers of the file systems tmpfs and ramfs, whose files are in memory. */
const inMemory = new Set([0x01021994, 0x858458f6])

/** Whether the folder for what engines spill takes load off the memory. */
export function scratchFinding(folder: string): Finding & { readonly about: string } {
  const about = "scratch"
  const { type, bavail, bsize } = statfsSync(folder)
  const free = gigabytes(bavail * bsize)
  if (!inMemory.has(type)) return { about, level: "ok", what: `${folder} is on a disk, ${free} free` }
  return {
    about,
    level: "warn",
    what: `${folder} is in memory: what engines spill there, ${free} at most, does not free any.`,
    fix: 'Set TMPDIR to a folder on a disk, or duckdb({ tempFolder: "/var/tmp" }).',
  }
}

/** What the container may use, where one says so. */
function containerLimit(): number | undefined {
  for (const path of ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    try {
      const limit = Number(readFileSync(path, "utf8").trim())
      if (Number.isFinite(limit)) return limit
    } catch {
      // No such container, or another form of it.
    }
  }
  return undefined
}

/** `12.3 GiB`. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
