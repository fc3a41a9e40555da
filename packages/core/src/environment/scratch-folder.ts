import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isDead, ownIdentity } from "../util/process-identity.ts"

const PREFIX = "assets-scratch-"

const kept = new Set<string>()

function removeAll(): void {
  for (const path of kept) rmSync(path, { recursive: true, force: true })
}

/** A folder for what an engine spills and stages, private to who made it; gone after `remove`, at the latest at exit. */
export interface ScratchFolder {
  readonly path: string
  remove(): void
}

/** Makes a scratch folder in another, and removes those that dead processes have left behind there. */
export function makeScratchFolder(parent: string = tmpdir()): ScratchFolder {
  for (const stale of staleScratchFolders(parent)) removeScratch(stale)
  const { pid, startedAt, pidNamespace } = ownIdentity()
  // mkdtemp makes it with mode 0700 and a name that nobody can foresee.
  const path = mkdtempSync(join(parent, `${PREFIX}${pid}-${startedAt || "0"}-${namespaceNumber(pidNamespace)}-`))
  if (kept.size === 0) process.on("exit", removeAll)
  kept.add(path)
  const remove = () => {
    rmSync(path, { recursive: true, force: true })
    kept.delete(path)
    if (kept.size === 0) process.off("exit", removeAll)
  }
  return { path, remove }
}

/** The scratch folders of dead processes of this machine, as far as these can be seen from here. */
export function staleScratchFolders(parent: string = tmpdir()): string[] {
  const own = ownIdentity()
  if (process.getuid === undefined) return []
  return readdirSync(parent, { withFileTypes: true }).flatMap(entry => {
    const [, pid, startedAt, namespace] = /^assets-scratch-(\d+)-(\d+)-(\d+)-/.exec(entry.name) ?? []
    if (!pid || !startedAt || !entry.isDirectory()) return []
    // A process of another container cannot be seen from here: it may live.
    if (namespace !== namespaceNumber(own.pidNamespace)) return []
    const other = { ...own, pid: Number(pid), startedAt: startedAt === "0" ? "" : startedAt }
    return isDead(other, 0, 0) ? [join(parent, entry.name)] : []
  })
}

/** Removes one; false when it is another user's, whose next run removes it. */
export function removeScratch(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

function namespaceNumber(pidNamespace: string): string {
  return /\d+/.exec(pidNamespace)?.[0] ?? "0"
}
