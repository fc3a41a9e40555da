import { collectGarbage, reindex } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { exitCodes } from "../exit-codes.ts"
import { formatBytes } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { environmentOf, openProject } from "../open-project.ts"
import { Output } from "../output.ts"

export interface GcOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly reindex?: boolean
}

export async function gc(options: GcOptions): Promise<void> {
  if (options.reindex) await reindexLog(options)
  else await collect(options)
}

async function collect(options: GcOptions): Promise<void> {
  const { definitions } = await openProject(options)
  const dryRun = options.dryRun === true
  const found = await cancelOnSignal(signal =>
    collectGarbage(definitions, { ...environmentOf(options), dryRun, signal }),
  )
  const output = new Output(options)
  if (output.json) {
    for (const one of found) output.object({ ...one, removed: !dryRun })
    return
  }
  if (!output.quiet) {
    output.table(
      ["why", "bytes", "asset", "what"],
      found.map(one => [one.why, formatBytes(one.bytes), one.key ?? "", one.what]),
    )
  }
  const bytes = formatBytes(found.reduce((sum, one) => sum + one.bytes, 0))
  output.line(`Done. ${dryRun ? "would_remove" : "removed"}=${found.length} freed=${bytes}`)
}

async function reindexLog(options: GcOptions): Promise<void> {
  const { definitions } = await openProject(options)
  const found = await cancelOnSignal(signal => reindex(definitions, { ...environmentOf(options), signal }))
  const output = new Output(options)
  for (const one of found) {
    if (one.error) process.exitCode = exitCodes.failed
    const { environment, added, removed, error } = one
    if (output.json) output.object({ ...one, error: error?.toJSON() ?? null })
    else if (error) output.line(`${environment}: ${error.code}: ${error.message} ${error.fix}`)
    else output.line(`${environment}: ${added} added, ${removed} removed`)
  }
}
