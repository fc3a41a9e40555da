import { ConfigError } from "../errors/assets-error.ts"

/** Where the values of `${NAME}` come from: the first that has the name. */
export interface VariableScope {
  readonly environment: string
  readonly vars: { readonly [name: string]: string }
  readonly process: { readonly [name: string]: string | undefined }
}

/**
 * Puts the value of each `${NAME}` in its place. A value is not looked through again.
 * @throws ConfigError `VARIABLE_MISSING` when a name has no value, also an empty one of the process
 */
export function expandVariables(text: string, { environment, vars, process }: VariableScope): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(vars, name) ? vars[name] : process[name] || undefined
    if (value !== undefined) return value
    throw new ConfigError("VARIABLE_MISSING", {
      what: `The variable '${name}' has no value, and the environment '${environment}' needs it.`,
      why: `It stands in '${text}', and neither 'vars' of the environment nor the process sets it.`,
      fix: `Set it: export ${name}=…, or add it to 'vars'.`,
      details: { environment, variable: name },
    })
  })
}
