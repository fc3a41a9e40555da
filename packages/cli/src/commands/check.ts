import { type CheckedPartition, type ChecksRun, check } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { exitCodes } from "../exit-codes.ts"
import { formatCount, formatDuration, formatStep } from "../format.ts"
import type { GlobalOptions, PartitionFlags } from "../global-options.ts"
import { environmentOf, openProject, partitionsOf, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"
import { renderError } from "../render-error.ts"

interface CheckFlags extends GlobalOptions, PartitionFlags {
  readonly tag?: { readonly [name: string]: string }
}

type Result = CheckedPartition["results"][number]

export async function checkCommand(selection: readonly string[], options: CheckFlags): Promise<void> {
  const startedAt = performance.now()
  const { definitions, files } = await openProject(options)
  const output = new Output(options)
  const run = await cancelOnSignal(signal =>
    check(definitions, {
      ...environmentOf(options),
      ...selectOf(selection),
      ...partitionsOf(options),
      ...(options.tag && { tags: options.tag }),
      signal,
      onEvent: event => output.json && output.object(event),
    }),
  )
  process.exitCode = run.status === "succeeded" ? exitCodes.done : exitCodes.failed
  if (!output.json) print(run, output, { files, durationMs: performance.now() - startedAt })
}

function print(
  { partitions }: ChecksRun,
  output: Output,
  { files, durationMs }: { readonly files: ReadonlySet<string>; readonly durationMs: number },
): void {
  const words = {
    passed: output.colors.green("PASS"),
    warned: output.colors.yellow("WARN"),
    failed: output.colors.red("FAIL"),
  }
  const counts = { passed: 0, warned: 0, failed: 0 }
  for (const { key, partition, results, error } of partitions) {
    const step = formatStep(key, partition === null ? [] : [partition])
    for (const result of results) {
      const verdict = verdictOf(result)
      counts[verdict]++
      if (output.quiet && verdict === "passed") continue
      output.line(`${words[verdict]} ${step} ${result.name}${detail(result)}`)
      for (const sample of verdict === "passed" ? [] : (result.samples ?? []))
        output.line(`       ${JSON.stringify(sample)}`)
    }
    if (!error) continue
    counts.failed++
    output.line(`${words.failed} ${step}: its checks could not be evaluated`)
    output.note(renderError(error, { verbose: output.verbose, colors: output.errorColors, files }))
  }
  const { passed, warned, failed } = counts
  output.line(`Done. passed=${passed} warned=${warned} failed=${failed} in ${formatDuration(durationMs)}`)
}

function verdictOf({ passed, severity }: Result): "passed" | "warned" | "failed" {
  return passed ? "passed" : severity === "warn" ? "warned" : "failed"
}

function detail({ badRows, message, passed }: Result): string {
  if (passed) return ""
  const bad = badRows === undefined ? "" : `: ${formatCount(badRows, "bad row")}`
  return `${bad}${message ? `: ${message}` : ""}`
}
