import type { IOManager } from "./io-manager.ts"

/** Whether what a reader began with is still there when something else has become current. */
export function keepsVersions({ versions, publish, restore }: IOManager): boolean {
  return versions !== undefined || publish !== undefined || restore !== undefined
}
