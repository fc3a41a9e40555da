import type { Pointer } from "./pointer.ts"
import { type Version, versionsReadBy } from "./version.ts"

export interface KeepSettings {
  /** Versions that remain of each partition. */
  readonly keep: number
  readonly inUse: ReadonlySet<string>
  /** Ids whose files a version reads, of those that are kept for themselves. */
  readonly readsOf: (id: string) => readonly string[]
}

/**
 * The versions that a pointer names once a version is current: it, the former ones that remain, those that a running step
 * reads, and those whose files one of these reads, too. The rest may be dropped.
 */
export function keptVersions(
  version: Version,
  former: Pointer | undefined,
  { keep, inUse, readsOf }: KeepSettings,
): { readonly kept: string[]; readonly dropped: string[] } {
  const { id } = version.materialization
  const all = [id, ...(former?.versions ?? []).filter(other => other !== id)]
  const wanted = new Set(all.filter((other, i) => i < keep || inUse.has(other)))
  for (const other of [...wanted]) {
    for (const read of other === id ? versionsReadBy(version) : readsOf(other)) wanted.add(read)
  }
  const named = [...all, ...[...wanted].filter(other => !all.includes(other))]
  return { kept: named.filter(other => wanted.has(other)), dropped: all.filter(other => !wanted.has(other)) }
}
