import { type AssetStatusRange, explainReasons, status, statusRanges } from "@assets/core"
import type { GlobalOptions, PartitionFlags } from "../global-options.ts"
import { environmentOf, openProject, partitionsOf, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"

export async function statusCommand(
  selection: readonly string[],
  options: GlobalOptions & PartitionFlags,
): Promise<void> {
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const found = await status(project.definitions, {
    ...environmentOf(options),
    ...selectOf(selection),
    ...partitionsOf(options),
  })
  const ranges = statusRanges(found)
  const output = new Output(options)
  if (output.json) for (const range of ranges) output.object(range)
  else print(ranges, output)
}

function print(ranges: readonly AssetStatusRange[], output: Output): void {
  const { green, yellow, red } = output.colors
  const colour = { fresh: green, stale: yellow, missing: red }
  const shown = output.quiet ? [] : ranges
  const width = Math.max(0, ...shown.map(one => nameOf(one).length))
  for (const one of shown) {
    const line = `${colour[one.status](one.status.padEnd(7))}  ${nameOf(one).padEnd(width)}  ${explainReasons(one.causes)}`
    output.line(line.trimEnd())
  }
  const count = (status: string) => ranges.reduce((sum, range) => sum + (range.status === status ? range.count : 0), 0)
  output.line(`Done. fresh=${count("fresh")} stale=${count("stale")} missing=${count("missing")}`)
}

/** `marts/x`, `marts/x [2024-01-05]`, `marts/x [2024-01-01..2024-01-31] (31 partitions)`. */
function nameOf({ key, from, to, count }: AssetStatusRange): string {
  if (from === null) return key
  return count === 1 ? `${key} [${from}]` : `${key} [${from}..${to}] (${count.toLocaleString("en-US")})`
}
