import { isApplied, type OutputContext, storageConflict } from "@assets/core"
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
  if (isAppliedToAll(context, pointers)) return pointers[0]
  const isMoved = [...now].some(
    ([partition, pointer]) => (pointer?.materialization.id ?? null) !== (base.get(partition) ?? null),
  )
  if (!isMoved) return undefined
  const { fingerprint, write } = context
  const isSame = write === "overwrite" && pointers.every(one => one?.materialization.fingerprint === fingerprint)
  if (isSame) return pointers[0]
  throw storageConflict(key)
}

/** Whether an append or merge has been applied to all its partitions. */
export function isAppliedToAll(context: OutputContext, pointers: readonly (Pointer | undefined)[]): boolean {
  return pointers.every(pointer => isApplied(context, pointer?.applied))
}
