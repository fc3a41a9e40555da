import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { openProject } from "./plan-work.ts"

export interface DynamicKeysOptions {
  readonly environment?: string | EnvironmentConfig
}

/** Adds keys to `dynamicPartitions(name)`; those that it has stay where they are. Returns all keys, in order. */
export async function addPartitionKeys(
  project: Definitions,
  name: string,
  keys: readonly string[],
  options: DynamicKeysOptions = {},
): Promise<readonly string[]> {
  const open = openProject(project, options)
  try {
    open.log.addDynamicKeys(name, keys)
    return open.log.dynamicKeys(name)
  } finally {
    await open.close()
  }
}

/** Removes keys from `dynamicPartitions(name)`; what is stored of them stays. Returns the keys that are left. */
export async function removePartitionKeys(
  project: Definitions,
  name: string,
  keys: readonly string[],
  options: DynamicKeysOptions = {},
): Promise<readonly string[]> {
  const open = openProject(project, options)
  try {
    open.log.removeDynamicKeys(name, keys)
    return open.log.dynamicKeys(name)
  } finally {
    await open.close()
  }
}
