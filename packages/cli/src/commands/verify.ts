import { type AssetsVerification, type Definitions, type VerifyOptions, verify } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { exitCodes } from "../exit-codes.ts"
import { formatDuration } from "../format.ts"
import type { GlobalOptions, PartitionFlags } from "../global-options.ts"
import { environmentOf, openProject, partitionsOf, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"
import { VerificationPrinter } from "../print-verification.ts"
import { outliveReader } from "../process-end.ts"
import { SuccessiveRuns } from "../successive-runs.ts"

interface VerifyFlags extends GlobalOptions, PartitionFlags {
  readonly against: string
  readonly force?: boolean
  readonly yes?: boolean
  readonly key?: readonly string[]
  readonly tolerance?: NonNullable<VerifyOptions["tolerance"]>
  readonly limit: number
}

export async function verifyCommand(selection: readonly string[], options: VerifyFlags): Promise<void> {
  const startedAt = performance.now()
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const output = new Output(options)
  outliveReader()
  const runs = new SuccessiveRuns(output, project.files)
  const request = { ...requestOf(selection, options), ...runs.listeners }
  const found = await verified(project.definitions, request, output).finally(() => runs.close())
  process.exitCode = found.verified ? exitCodes.done : exitCodes.failed
  for (const { runId, environment, status } of found.runs) {
    if (status === "succeeded") continue
    output.note(`The run in '${environment}' failed. See it: assets runs show ${runId}`)
    output.note(`When its cause is mended: assets runs retry ${runId}; or verify again, which makes what is missing.`)
  }
  if (!output.json) output.line(lastLine(found, performance.now() - startedAt))
}

function requestOf(selection: readonly string[], options: VerifyFlags): VerifyOptions {
  const { against, force, yes, key, tolerance, limit } = options
  return {
    against,
    limit,
    ...environmentOf(options),
    ...selectOf(selection),
    ...partitionsOf(options),
    ...(force && { force }),
    ...(yes && { anyNumber: yes }),
    ...(key && { keys: key }),
    ...(tolerance !== undefined && { tolerance }),
  }
}

/** Verifies, and prints each comparison as soon as it is made. */
async function verified(project: Definitions, request: VerifyOptions, output: Output): Promise<AssetsVerification> {
  let sides = { a: "", b: "" }
  let printer: VerificationPrinter | undefined
  const found = await cancelOnSignal(signal =>
    verify(project, {
      ...request,
      signal,
      onCompare: ([a, b]) => {
        sides = { a: a.environment, b: b.environment }
        if (output.json) return
        printer = new VerificationPrinter(output, sides)
        if (!output.quiet) output.line(`Comparing ${sides.a} with ${sides.b}`)
      },
      onVerified: one => {
        const { key, partition, status, why = null, difference = null } = one
        if (printer) printer.print(one)
        else output.object({ type: "asset_compared", key, partition, ...sides, status, why, difference })
      },
    }),
  )
  printer?.end()
  return found
}

function lastLine({ verified, partitions }: AssetsVerification, durationMs: number): string {
  const count = (...statuses: readonly string[]) => partitions.filter(one => statuses.includes(one.status)).length
  const words = [
    `same=${count("equal")}`,
    `different=${count("different", "only_a", "only_b")}`,
    `failed=${count("failed")}`,
    ...(count("not_compared") > 0 ? [`not_compared=${count("not_compared")}`] : []),
  ]
  return `${verified ? "Verified." : "Not verified."} ${words.join(" ")} in ${formatDuration(durationMs)}`
}
