import { createInterface } from "node:readline/promises"
import { ConfigError, type DeleteRunsOptions, deleteRuns } from "@assets/core"
import { formatCount } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { environmentOf, openProject } from "../open-project.ts"
import { Output } from "../output.ts"

export interface DeleteRunsFlags extends GlobalOptions {
  /** Milliseconds. */
  readonly olderThan?: number
  readonly status?: "succeeded" | "failed" | "cancelled"
  readonly yes?: boolean
}

export async function deleteRunsCommand(ids: readonly string[], options: DeleteRunsFlags): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const { olderThan, status } = options
  const request: DeleteRunsOptions = {
    ...environmentOf(options),
    ...(ids.length > 0 && { runs: ids }),
    ...(olderThan !== undefined && { olderThanMs: olderThan }),
    ...(status && { status }),
  }
  const found = deleteRuns(definitions, { ...request, dryRun: true })
  if (found.length > 0 && !options.yes && !(await isConfirmed(found.length))) {
    output.note("Nothing was deleted.")
    return
  }
  if (found.length > 0) deleteRuns(definitions, { ...environmentOf(options), runs: found.map(({ id }) => id) })
  if (output.json) for (const run of found) output.object(run)
  else output.line(`Deleted ${formatCount(found.length, "run")}.`)
}

/** Asks on a terminal. @throws ConfigError `ARGUMENT_INVALID` where nobody can be asked */
async function isConfirmed(count: number): Promise<boolean> {
  const what = `${formatCount(count, "run")} would be deleted from the history.`
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new ConfigError("ARGUMENT_INVALID", {
      what,
      why: "Deleted history does not come back, and there is no terminal on which to ask.",
      fix: "Add --yes to delete them.",
      details: { runs: count },
    })
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${what} Go on? [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
