import { faultsError } from "./definition-faults.ts"
import type { Engine } from "./engine/engine.ts"
import { defaultEngine, engineOf } from "./environment/default-engine.ts"
import type { ProjectConfig } from "./environment/environment.ts"
import { configFaults, environmentFaults } from "./environment/environment-faults.ts"
import { expandText } from "./environment/expand-text.ts"
import { resolveEnvironment } from "./environment/resolve-environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import { noteVariable } from "./util/secret-mask.ts"

/** An environment without assets, as far as a session needs it. */
export interface EnvironmentEngine {
  /** The environment's default engine; opened, its options have the values of variables. */
  readonly engine: Engine
  readonly timeZone: string
}

/**
 * Returns the engine of an environment of a config, for a session that knows no assets: `openSession("local")`.
 * @param wanted.base folder of the config
 * @throws ConfigError `ENVIRONMENT_UNKNOWN` with the nearest names, `CONFIG_INVALID`, `ENVIRONMENT_UNSUPPORTED`
 */
export function environmentEngine(
  config: unknown,
  { name, base }: { readonly name: string; readonly base: string },
): EnvironmentEngine {
  const project = soundConfig(config, base)
  const environment = resolveEnvironment(project, name)
  const engine = defaultEngine(environment.config)
  if (!engine) {
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `The environment '${name}' has no engine to open a session of.`,
      why: "It names none, and its IO manager brings none.",
      fix: "Add one: 'engine: duckdb()' from @assets/io-duckdb.",
      details: { environment: name },
    })
  }
  for (const [variable, value] of Object.entries(environment.config.vars ?? {})) noteVariable(variable, value)
  const expand = (text: string) => expandText(text, environment)
  return {
    engine: { name: engine.name, open: async context => (await engineOf(engine, base)).open({ ...context, expand }) },
    timeZone: environment.config.timeZone ?? "UTC",
  }
}

function soundConfig(config: unknown, base: string) {
  const fault = faultsError(configFaults(config), base)
  if (fault) throw fault
  const { environments, defaultEnvironment } = config as ProjectConfig // its form was looked at
  const further = faultsError(environmentFaults(environments, defaultEnvironment), base)
  if (further) throw further
  return { environments, defaultEnvironment }
}

/**
 * Where packages that do not know core find it: the dataframe's `openSession("local")` imports a config, whose engines
 * and IO managers bring core, and asks here. Of several copies of core in a process any one can answer.
 */
Object.assign(globalThis, { [Symbol.for("@assets/core/environmentEngine")]: environmentEngine })
