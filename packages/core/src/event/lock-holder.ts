import { readFileSync, statSync } from "node:fs"

/** The process that holds a lock, and how it was started. */
export interface LockHolder {
  readonly pid: number
  readonly command: string
}

/**
 * Who holds the lock that keeps others from changing a SQLite file, as the kernel tells; undefined where it does not, or
 * when nobody does any more.
 */
export function lockHolder(path: string): LockHolder | undefined {
  try {
    // Writers lock the file of shared memory, and a checkpoint the database itself.
    const inodes = new Set([`${path}-shm`, path].flatMap(inodeOf))
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const [, pid, inode] = /: POSIX +\S+ +WRITE +(\d+) +[0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line) ?? []
      if (inode !== undefined && inodes.has(inode)) return { pid: Number(pid), command: commandOf(Number(pid)) }
    }
  } catch {
    // No such list on this system.
  }
  return undefined
}

function inodeOf(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found ? [`${found.ino}`] : []
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim().slice(0, 200)
  } catch {
    return "unknown"
  }
}
