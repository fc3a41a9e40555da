import { isKnownDead, ownIdentity, type ProcessIdentity, relativeObjectUrl } from "@assets/core"
import type { AssetObjects } from "./asset-objects.ts"
import { isRecord } from "./json-file.ts"
import { isVersionId } from "./parquet-layout.ts"
import type { Base } from "./writing-mark.ts"

/** A writer that cannot be seen from here counts as dead after this time. */
const strangerMs = 24 * 60 * 60 * 1000

/** What tells of a write that is not current yet: an object that is there before the first one of its version. */
export interface ObjectMark {
  readonly id: string
  readonly url: string
  /** Undefined where the mark does not say. */
  readonly base: Base | undefined
  readonly ageMs: number
  /** Whether the write has ended: its process is dead, or has let it go. */
  readonly isAbandoned: boolean
}

function markUrl({ layout }: AssetObjects, id: string): string {
  return layout.join(layout.writing, `${id}.json`)
}

/** Says that a version is being written, and by whom. */
export async function markObjects(asset: AssetObjects, id: string, base: Base): Promise<void> {
  await asset.store.put(markUrl(asset, id), JSON.stringify({ base: [...base], writer: ownIdentity() }))
}

/** Leaves a version to whoever wants it, for as long as `base` remains current. */
export async function abandonObjects(asset: AssetObjects, id: string, base: Base): Promise<void> {
  await asset.store.put(markUrl(asset, id), JSON.stringify({ base: [...base], writer: null }))
}

/** The write is over: its version is current, or removed. */
export async function unmarkObjects(asset: AssetObjects, id: string): Promise<void> {
  await asset.store.remove([markUrl(asset, id)])
}

/** The marks of all writes. */
export async function objectMarks(asset: AssetObjects): Promise<ObjectMark[]> {
  const marks: ObjectMark[] = []
  const { writing } = asset.layout
  for await (const { url, modifiedMs } of asset.store.list(`${writing}/`)) {
    const id = relativeObjectUrl(writing, url).replace(/\.json$/, "")
    if (!isVersionId(id)) continue
    const text = await asset.readFile(url)
    if (text === undefined) continue // its write has ended meanwhile
    const { base, writer } = parse(text)
    const ageMs = Date.now() - modifiedMs
    const isDead = writer === null || (writer !== undefined && isKnownDead(writer)) || ageMs > strangerMs
    marks.push({ id, url, base, ageMs, isAbandoned: isDead })
  }
  return marks
}

function parse(text: string): {
  readonly base?: Base | undefined
  readonly writer?: ProcessIdentity | null | undefined
} {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return {}
    const { base, writer } = value
    return {
      base: Array.isArray(base) && base.every(isEntry) ? new Map(base) : undefined,
      writer: writer === null ? null : isRecord(writer) ? (writer as unknown as ProcessIdentity) : undefined, // as it was written
    }
  } catch {
    return {}
  }
}

function isEntry(value: unknown): value is [string | null, string | null] {
  return Array.isArray(value) && value.length === 2 && value.every(one => one === null || typeof one === "string")
}
