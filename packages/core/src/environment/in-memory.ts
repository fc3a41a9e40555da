import type { Engine } from "../engine/engine.ts"
import { memoryIO } from "../io/memory-io-manager.ts"
import type { EnvironmentConfig } from "./environment.ts"

const made = new WeakSet<EnvironmentConfig>()

/**
 * Returns an environment that keeps data and history in memory, as long as the object is kept: for the tests of a
 * project. It writes no files, but for what the engine spills.
 *
 * @param options.engine needed by assets whose values are tables
 */
export function inMemory({ engine }: { readonly engine?: Engine } = {}): EnvironmentConfig {
  const config = Object.freeze<EnvironmentConfig>({ ...(engine && { engine }), io: memoryIO() })
  made.add(config)
  return config
}

/** Whether an environment was made by `inMemory`: its event log is in memory, too. */
export function isInMemory(config: EnvironmentConfig): boolean {
  return made.has(config)
}
