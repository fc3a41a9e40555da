import { type EventLog, findRun, openEventLog, type RunRecord } from "@assets/core"
import { formatCount, formatDuration, formatStep } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { openProject } from "../open-project.ts"
import { Output } from "../output.ts"
import { renderError } from "../render-error.ts"

export async function listRuns(options: GlobalOptions & { readonly limit: number }): Promise<void> {
  await withEventLog(options, (log, output) => {
    const runs = log.runs({ limit: options.limit, ...(options.env !== undefined && { environment: options.env }) })
    if (output.json) {
      for (const run of runs) output.object(run)
      return
    }
    if (runs.length === 0) output.line("No runs yet.")
    output.table(
      ["run", "status", "environment", "started", "took", "ok", "skipped", "failed", "selection"],
      runs.map(run => [
        run.id,
        statusText(run),
        run.environment,
        shownTime(run.startedAt),
        tookOf(run),
        `${run.counts.ok}`,
        `${run.counts.skipped}`,
        `${run.counts.failed}`,
        run.selection,
      ]),
    )
  })
}

export async function showRun(id: string, options: GlobalOptions): Promise<void> {
  await withEventLog(options, (log, output) => {
    const run = findRun(log, id)
    const steps = log.steps(run.id)
    if (output.json) {
      output.object({ ...run, stepRecords: steps })
      return
    }
    output.line(`run ${run.id}  ${statusText(run)}  ${run.environment}  ${shownTime(run.startedAt)}  ${tookOf(run)}`)
    output.line(`selection ${run.selection}`)
    const tags = Object.entries(run.tags).map(([name, value]) => `${name}=${value}`)
    if (tags.length > 0) output.line(`tags ${tags.join(" ")}`)
    output.line()
    output.table(
      ["status", "step", "rows", "took", "attempts", "reason"],
      steps.map(step => [
        step.status,
        formatStep(step.key, step.partitions),
        step.rows === null ? "" : formatCount(step.rows, "row"),
        tookOf(step),
        `${step.attempts}`,
        step.reason ?? "",
      ]),
    )
    for (const step of steps) {
      if (step.error === null) continue
      output.line()
      output.line(renderError(step.error, { verbose: output.verbose, colors: output.colors }))
    }
  })
}

/** Opens the event log for the time of `work`. */
export async function withEventLog(
  options: GlobalOptions,
  work: (log: EventLog, output: Output) => void | Promise<void>,
): Promise<void> {
  const { definitions } = await openProject(options)
  const log = openEventLog(definitions, options.env)
  try {
    await work(log, new Output(options))
  } finally {
    log.close()
  }
}

function statusText({ status, reason }: RunRecord): string {
  return reason === null ? status : `${status} (${reason})`
}

function shownTime(iso: string): string {
  return iso.slice(0, 19).replace("T", " ")
}

function tookOf({
  startedAt,
  endedAt,
}: {
  readonly startedAt: string | null
  readonly endedAt: string | null
}): string {
  if (startedAt === null || endedAt === null) return ""
  return formatDuration(Date.parse(endedAt) - Date.parse(startedAt))
}
