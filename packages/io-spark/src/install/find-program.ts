import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import type { Variables } from "../spark-options.ts"

/** The first program of a name on the path; undefined when there is none. */
export function findProgram(name: string, env: Variables): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter(folder => folder !== "")
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // no file there, or one that cannot be run
  }
}
