import { ConfigError } from "../errors/assets-error.ts"
import { noteVariable } from "../util/secret-mask.ts"

/** Where the values of `${NAME}` come from: the first that has the name. */
export interface VariableScope {
  readonly environment: string
  readonly vars: { readonly [name: string]: string }
  readonly process: { readonly [name: string]: string | undefined }
  /** The setting that holds a text, for the error: `io.root`. */
  readonly settingOf?: (text: string) => string | undefined
}

/**
 * Puts the value of each `${NAME}` in its place. A value is not looked through again.
 * @throws ConfigError `VARIABLE_MISSING` when a name has no value, also an empty one of the process
 */
export function expandVariables(text: string, scope: VariableScope): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(scope.vars, name) ? scope.vars[name] : scope.process[name] || undefined
    if (value === undefined) throw missing(name, text, scope)
    noteVariable(name, value)
    return value
  })
}

function missing(name: string, text: string, { environment, settingOf }: VariableScope): ConfigError {
  const setting = settingOf?.(text)
  return new ConfigError("VARIABLE_MISSING", {
    what: `The variable '${name}' has no value, and the environment '${environment}' needs it.`,
    why: `It stands in ${setting ? `its '${setting}', ` : ""}'${text}', and neither 'vars' of the environment nor the process sets it.`,
    fix: `Set it: export ${name}=…, or add it to 'vars' of '${environment}'.`,
    details: { environment, variable: name, ...(setting && { setting }) },
  })
}
