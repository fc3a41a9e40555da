import { copyAssets } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { exitCodes } from "../exit-codes.ts"
import type { GlobalOptions, PartitionFlags } from "../global-options.ts"
import { openProject, partitionsOf, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"
import { outliveReader } from "../process-end.ts"
import { jsonRunRenderer, PlainRunRenderer } from "../render-run.ts"

interface CopyFlags extends GlobalOptions, PartitionFlags {
  readonly from: string
  readonly to: string
  /** False with `--no-wait`. */
  readonly wait: boolean
}

export async function copyCommand(selection: readonly string[], options: CopyFlags): Promise<void> {
  const startedAt = performance.now()
  const { definitions, files } = await openProject(options)
  const output = new Output(options)
  const { from, to, wait } = options
  outliveReader()
  const renderer = output.json ? jsonRunRenderer(output) : new PlainRunRenderer(output, files)
  const { status } = await cancelOnSignal(signal =>
    copyAssets(definitions, {
      from,
      to,
      ...selectOf(selection),
      ...partitionsOf(options),
      wait,
      signal,
      onEvent: event => renderer.onEvent(event),
    }),
  )
  renderer.finish(performance.now() - startedAt)
  process.exitCode = status === "succeeded" ? exitCodes.done : exitCodes.failed
}
