import { availableParallelism } from "node:os"

const forms: readonly RegExp[] = [
  /^local(\[(\d+|\*)(,\s*\d+)?\])?$/,
  /^spark:\/\/[^\s,/]+:\d+(,[^\s,/]+:\d+)*$/,
  /^yarn$/,
  /^k8s:\/\/\S+$/,
  /^databricks$/,
]

/** A sentence when a text is no master that Spark knows. */
export function masterFault(master: string): string[] {
  if (forms.some(form => form.test(master))) return []
  return [`master is '${master}'; there are local[*], local[4], spark://host:port, yarn, k8s://… and databricks.`]
}

/** Whether everything is computed in the server's own process. */
export function isLocal(master: string): boolean {
  return master.startsWith("local")
}

/** Whether no process of another machine takes part. */
export function isOnLoopback(master: string): boolean {
  return isLocal(master) || /^spark:\/\/(127\.\d+\.\d+\.\d+|localhost):\d+$/.test(master)
}

/** Tasks that a local master runs at a time; undefined for a cluster. */
export function localCores(master: string): number | undefined {
  if (!isLocal(master)) return undefined
  const [, count] = /^local\[(\d+|\*)/.exec(master) ?? []
  if (count === undefined) return 1
  return count === "*" ? availableParallelism() : Number(count)
}
