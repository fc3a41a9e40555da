import { copyAssets } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { exitCodes } from "../exit-codes.ts"
import type { GlobalOptions } from "../global-options.ts"
import { openProject, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"
import { outliveReader } from "../process-end.ts"
import { jsonRunRenderer, PlainRunRenderer } from "../render-run.ts"

interface CopyFlags extends GlobalOptions {
  readonly from: string
  readonly to: string
  readonly partition?: readonly string[]
  readonly partitions?: readonly string[]
  /** False with `--no-wait`. */
  readonly wait: boolean
}

export async function copyCommand(selection: readonly string[], options: CopyFlags): Promise<void> {
  const startedAt = performance.now()
  const { definitions, files } = await openProject(options)
  const output = new Output(options)
  const { from, to, wait } = options
  const partitions = [...(options.partition ?? []), ...(options.partitions ?? [])]
  outliveReader()
  const renderer = output.json ? jsonRunRenderer(output) : new PlainRunRenderer(output, files)
  const { status } = await cancelOnSignal(signal =>
    copyAssets(definitions, {
      from,
      to,
      ...selectOf(selection),
      ...(partitions.length > 0 && { partitions }),
      wait,
      signal,
      onEvent: event => renderer.onEvent(event),
    }),
  )
  renderer.finish(performance.now() - startedAt)
  process.exitCode = status === "succeeded" ? exitCodes.done : exitCodes.failed
}
