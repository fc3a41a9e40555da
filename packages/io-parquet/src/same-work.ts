import { type OutputContext, StorageError } from "@assets/core"
import type { Pointer } from "./pointer.ts"
import type { Base } from "./writing-mark.ts"

/** The ids of what pointers name. */
export function baseOf(pointers: ReadonlyMap<string | null, Pointer | undefined>): Base {
  return new Map([...pointers].map(([partition, pointer]) => [partition, pointer?.materialization.id ?? null]))
}

/**
 * The pointer to the work of a write, when it was done by somebody else before.
 * @throws StorageError `STORAGE_CONFLICT` when something else has been done
 */
export function sameWork(
  context: OutputContext,
  now: ReadonlyMap<string | null, Pointer | undefined>,
  base: Base,
  key: string,
): Pointer | undefined {
  const pointers = [...now.values()]
  if (isApplied(context, pointers)) return pointers[0]
  const isMoved = [...now].some(
    ([partition, pointer]) => (pointer?.materialization.id ?? null) !== (base.get(partition) ?? null),
  )
  if (!isMoved) return undefined
  const { fingerprint, write } = context
  const isSame = write === "overwrite" && pointers.every(one => one?.materialization.fingerprint === fingerprint)
  if (isSame) return pointers[0]
  throw conflict(key)
}

/** Whether an append or merge has been applied to all its partitions, so that nothing is left to do. */
export function isApplied(
  { write, reapply, fingerprint }: OutputContext,
  pointers: readonly (Pointer | undefined)[],
): boolean {
  return write !== "overwrite" && reapply !== true && pointers.every(pointer => pointer?.applied.has(fingerprint))
}

export function conflict(key: string): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `Something else has become current of '${key}' meanwhile.`,
    why: "Another writer, whom no lease held off, was first; what it stored stays current.",
    fix: "Run again. Let writers of one root share the event log (state: { path }), so that they wait for one another.",
    details: { key },
  })
}
