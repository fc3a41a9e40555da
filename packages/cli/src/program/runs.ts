import { type Command, Option } from "commander"
import { duration } from "./duration.ts"
import { positiveInteger } from "./positive-integer.ts"

const run = ["<run>", "id of a run, or how it begins; 'latest' is the last one"] as const

/** The history of runs, and what is done with a run. */
export function addRuns(program: Command): void {
  const runs = program.command("runs").description("print the history of runs; stop, retry and delete them")
  addHistory(runs)
  runs
    .command("cancel")
    .description("stop a run, whichever process of this machine carries it out")
    .argument(...run)
    .action(async (id: string, _options, command: Command) => {
      const { cancelRunCommand } = await import("../commands/cancel-run.ts")
      await cancelRunCommand(id, command.optsWithGlobals())
    })
  runs
    .command("retry")
    .description(
      "run what failed, was blocked, cancelled or never started in a run; the same as materialize --from-failure",
    )
    .argument(...run)
    .action(async (id: string, _options, command: Command) => {
      const { materializeCommand } = await import("../commands/materialize.ts")
      await materializeCommand([], { ...command.optsWithGlobals(), wait: true, fromFailure: id })
    })
  runs
    .command("delete")
    .description("delete runs from the history; stored data stays, and so does what the log knows as the latest of it")
    .argument("[run...]", "ids of runs, or how they begin; in place of a filter")
    .option("--older-than <time>", "runs that ended longer ago: a number with s, m, h, d or w, such as 30d", duration)
    .addOption(new Option("--status <status>", "runs that ended so").choices(["succeeded", "failed", "cancelled"]))
    .option("--yes", "do not ask")
    .action(async (ids: string[], _options, command: Command) => {
      const { deleteRunsCommand } = await import("../commands/delete-runs.ts")
      await deleteRunsCommand(ids, command.optsWithGlobals())
    })
}

function addHistory(runs: Command): void {
  runs
    .command("list", { isDefault: true })
    .description("print the latest runs")
    .option("--limit <n>", "how many", positiveInteger, 20)
    .action(async (_options, command: Command) => {
      const { listRuns } = await import("../commands/runs.ts")
      await listRuns(command.optsWithGlobals())
    })
  runs
    .command("show")
    .description("print a run and its steps")
    .argument(...run)
    .action(async (id: string, _options, command: Command) => {
      const { showRun } = await import("../commands/runs.ts")
      await showRun(id, command.optsWithGlobals())
    })
  runs
    .command("logs")
    .description("print the events of a run")
    .argument(...run)
    .option("--follow", "go on until the run ends; exit 1 when it does not end well")
    .action(async (id: string, _options, command: Command) => {
      const { runLogs } = await import("../commands/run-logs.ts")
      await runLogs(id, command.optsWithGlobals())
    })
}
