import { maskPrinted } from "./answer-stream.ts"
import type { GlobalOptions, PartitionFlags } from "./global-options.ts"
import { type LoadedProject, loadProject } from "./load-project.ts"

let opened: LoadedProject | undefined

/** The project that a command line means. */
export async function openProject(options: GlobalOptions): Promise<LoadedProject> {
  const { maskSecrets, onWaiting } = await import("@assets/core")
  maskPrinted(maskSecrets)
  if (!options.quiet) onWaiting(holder => process.stderr.write(`Waiting for ${holder}\n`))
  opened = await loadProject({ cwd: process.cwd(), config: options.config })
  return opened
}

/** The modules of the project that this process has opened: an error is shown at the line of one of them. */
export function openedFiles(): ReadonlySet<string> {
  return opened?.files ?? new Set()
}

/** `environment` for core: left out where the command line names none. */
export function environmentOf(options: GlobalOptions): { readonly environment?: string } {
  return options.env === undefined ? {} : { environment: options.env }
}

/** `partitions` for core: left out where the command line names none. */
export function partitionsOf({ partition = [], partitions = [] }: PartitionFlags): {
  readonly partitions?: readonly string[]
} {
  const named = [...partition, ...partitions]
  return named.length === 0 ? {} : { partitions: named }
}

/** `select` for core: left out where the command line selects nothing. */
export function selectOf(selection: readonly string[]): { readonly select?: readonly string[] } {
  return selection.length === 0 ? {} : { select: selection }
}
