import { type DiffOptions, diff, type PartitionDiff } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { exitCodes } from "../exit-codes.ts"
import { formatDuration } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { environmentOf, openProject, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"
import { printDiff } from "../print-diff.ts"

interface Sides {
  readonly a: string
  readonly b: string
}

interface DiffFlags extends GlobalOptions {
  readonly by: NonNullable<DiffOptions["by"]>
  readonly key?: readonly string[]
  readonly tolerance?: NonNullable<DiffOptions["tolerance"]>
  readonly limit: number
}

export async function diffCommand(sides: Sides, selection: readonly string[], options: DiffFlags): Promise<void> {
  const startedAt = performance.now()
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const output = new Output(options)
  const { by, limit, key, tolerance } = options
  const found = await cancelOnSignal(signal =>
    diff(project.definitions, {
      ...sides,
      by,
      limit,
      ...environmentOf(options),
      ...selectOf(selection),
      ...(key && { keys: key }),
      ...(tolerance !== undefined && { tolerance }),
      signal,
      onDiff: one => (output.json ? output.object(asJson(one, sides)) : printDiff(one, sides, output)),
    }),
  )
  process.exitCode = found.equal ? exitCodes.done : exitCodes.failed
  if (output.json) return
  const count = (...statuses: readonly string[]) => found.partitions.filter(one => statuses.includes(one.status)).length
  const counts = `equal=${count("equal")} different=${count("different")} one_sided=${count("only_a", "only_b")}`
  const rest = count("not_compared") > 0 ? ` not_compared=${count("not_compared")}` : ""
  output.line(`Done. ${counts}${rest} in ${formatDuration(performance.now() - startedAt)}`)
}

function asJson({ key, partition, status, why, difference }: PartitionDiff, { a, b }: Sides) {
  return { key, partition, a, b, status, why: why ?? null, difference: difference ?? null }
}
