import { cancelRun } from "@assets/core"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import type { GlobalOptions } from "../global-options.ts"
import { environmentOf, openProject } from "../open-project.ts"
import { Output } from "../output.ts"

export async function cancelRunCommand(id: string, options: GlobalOptions): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const { run, how } = await cancelOnSignal(signal => cancelRun(definitions, id, { ...environmentOf(options), signal }))
  if (output.json) output.object({ id: run.id, status: run.status, how })
  else output.line(tell(run.id, run.status, how))
}

function tell(id: string, status: string, how: "stopped" | "taken"): string {
  if (how === "taken") {
    return `Run ${id} is cancelled. Its process did not answer: the run was ended in the event log, and its leases were taken. What it still makes does not become current.`
  }
  if (status === "cancelled") return `Run ${id} is cancelled: its process has stopped it.`
  return `Run ${id} ended before it could be stopped: ${status}.`
}
