import { type PromotedPartition, type Promotion, promote } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { formatCount, formatDuration, formatStep } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { openProject, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"
import { waitingLine } from "../waiting-line.ts"

interface PromoteFlags extends GlobalOptions {
  readonly dryRun?: boolean
  /** False with `--no-wait`. */
  readonly wait: boolean
}

export async function promoteCommand(
  environments: { readonly from: string; readonly to: string },
  selection: readonly string[],
  options: PromoteFlags,
): Promise<void> {
  const startedAt = performance.now()
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const output = new Output(options)
  const { dryRun = false, wait } = options
  const promotion = await cancelOnSignal(signal =>
    promote(project.definitions, {
      ...environments,
      ...selectOf(selection),
      dryRun,
      wait,
      signal,
      onEvent: event => waitingLine(event, output),
    }),
  )
  print(promotion, output, { dryRun, durationMs: performance.now() - startedAt })
}

function print(
  { from, to, runId, promoted, unchanged, behind }: Promotion,
  output: Output,
  { dryRun, durationMs }: { readonly dryRun: boolean; readonly durationMs: number },
): void {
  if (output.json) {
    for (const one of promoted) output.object({ ...one, from, to, runId })
    return
  }
  for (const one of output.quiet ? [] : promoted) output.line(lineOf(one, dryRun, output))
  for (const { key, partition } of output.quiet ? [] : behind) {
    const step = formatStep(key, partition === null ? [] : [partition])
    output.line(`${output.colors.dim("SKIP")} ${step} '${to}' has what the code makes now, and '${from}' has not`)
  }
  const did = dryRun ? "Would promote" : "Promoted"
  const rest = `${unchanged > 0 ? `, ${unchanged} unchanged` : ""}${behind.length > 0 ? `, ${behind.length} left out` : ""}`
  output.line(
    `Done. ${did} ${formatCount(promoted.length, "version")} from ${from} to ${to}${rest} in ${formatDuration(durationMs)}`,
  )
}

function lineOf({ key, partition, dataVersion, former }: PromotedPartition, dryRun: boolean, output: Output): string {
  const word = dryRun ? output.colors.yellow("WOULD") : output.colors.green("OK")
  const change = former === null ? "new" : former === dataVersion ? "same data" : `instead of ${former.slice(0, 8)}`
  return `${word} ${formatStep(key, partition === null ? [] : [partition])} ${dataVersion.slice(0, 8)} ${change}`
}
