import { flatSettings } from "./environment-settings.ts"
import { expandVariables } from "./expand-variables.ts"
import type { ResolvedEnvironment } from "./resolve-environment.ts"

/**
 * Puts an environment's variables, then the process's, in the place of each `${NAME}` of a text of it.
 * @throws ConfigError `VARIABLE_MISSING`, with the setting that the text is
 */
export function expandText(text: string, { name, config }: ResolvedEnvironment): string {
  if (!text.includes("${")) return text
  const settingOf = (one: string) => [...flatSettings(config)].find(([, value]) => value === one)?.[0]
  return expandVariables(text, { environment: name, vars: config.vars ?? {}, process: process.env, settingOf })
}
