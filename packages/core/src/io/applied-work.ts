import type { OutputContext } from "./io-manager.ts"

/** Whether an append or merge is among those that stored data holds already, so that nothing is left to do. */
export function isApplied(
  { write, reapply, fingerprint }: OutputContext,
  applied: ReadonlySet<string> | undefined,
): boolean {
  return write !== "overwrite" && reapply !== true && applied?.has(fingerprint) === true
}
