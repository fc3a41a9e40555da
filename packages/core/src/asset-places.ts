import type { Definitions } from "./definitions.ts"
import { OpenEnvironment } from "./environment/open-environment.ts"
import { resolveEnvironment } from "./environment/resolve-environment.ts"

/**
 * Returns, for each asset, the names of the engine that computes it and of the IO manager that stores it in an
 * environment, by its `route`. Opens nothing.
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`
 */
export function assetPlaces(
  project: Definitions,
  environment: string,
): ReadonlyMap<string, { readonly engine: string; readonly io: string }> {
  const resolved = resolveEnvironment(project, environment)
  const opened = new OpenEnvironment(project, resolved, { now: new Date(), signal: new AbortController().signal })
  return new Map([...project.assets].map(([key, asset]) => [key, opened.placeOf(asset)]))
}
