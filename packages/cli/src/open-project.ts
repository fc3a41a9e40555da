import type { GlobalOptions } from "./global-options.ts"
import { type LoadedProject, loadProject } from "./load-project.ts"

/** The project that a command line means. */
export function openProject(options: GlobalOptions): Promise<LoadedProject> {
  return loadProject({ cwd: process.cwd(), config: options.config })
}

/** `environment` for core: left out where the command line names none. */
export function environmentOf(options: GlobalOptions): { readonly environment?: string } {
  return options.env === undefined ? {} : { environment: options.env }
}

/** `select` for core: left out where the command line selects nothing. */
export function selectOf(selection: readonly string[]): { readonly select?: readonly string[] } {
  return selection.length === 0 ? {} : { select: selection }
}
