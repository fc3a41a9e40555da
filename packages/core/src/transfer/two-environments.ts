import type { EnvironmentConfig } from "../environment/environment.ts"
import { OpenEnvironment } from "../environment/open-environment.ts"
import { resolveEnvironment } from "../environment/resolve-environment.ts"
import { ConfigError } from "../errors/assets-error.ts"
import type { OpenProject } from "../plan-work.ts"

/** Where data is taken from and where it goes. */
export interface FromTo {
  /** Name of the environment whose data is taken, or the environment itself. */
  readonly from: string | EnvironmentConfig
  /** Name of the environment that gets it, or the environment itself. */
  readonly to: string | EnvironmentConfig
}

/** Refuses one environment in both places. @throws ConfigError `ARGUMENT_INVALID` */
export function refuseSame(from: OpenEnvironment, to: OpenEnvironment): void {
  if (from.config !== to.config && from.name !== to.name) return
  throw new ConfigError("ARGUMENT_INVALID", {
    what: `'${from.name}' is named as both environments.`,
    why: "What it holds is there already.",
    fix: "Name another environment; list them: assets env list",
    details: { environment: from.name },
  })
}

/**
 * Opens a further environment for a request; the caller closes it.
 * @param wait as for the open environment
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`
 */
export function openOther(
  { project, environment, signal }: OpenProject,
  asked: string | EnvironmentConfig,
  { wait = true }: { readonly wait?: boolean } = {},
): OpenEnvironment {
  return new OpenEnvironment(project, resolveEnvironment(project, asked), { now: environment.now, signal, wait })
}
