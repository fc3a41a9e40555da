import { readFileSync } from "node:fs"
import { Command, InvalidArgumentError, Option } from "commander"
import { writeAnswer } from "./answer-stream.ts"
import { addData } from "./program/data.ts"
import { addDuckdb } from "./program/duckdb.ts"
import { addEnvironment } from "./program/environment.ts"
import { addLineage } from "./program/lineage.ts"
import { addMaintenance } from "./program/maintenance.ts"
import { positiveInteger } from "./program/positive-integer.ts"
import { addRuns } from "./program/runs.ts"
import { addPartitionOptions, selection } from "./program/shared-arguments.ts"
import { addSpark } from "./program/spark.ts"

/** Returns the program with all commands. What a command does is imported when it runs. */
export function createProgram(): Command {
  const program = new Command("assets")
  program
    .description("Materializes the assets of a project: computes what changed, and stores it.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [COMMAND]", "print help for a command")
    .option("--config <path>", "assets.config.ts, or the folder that holds it; default: the nearest one upward")
    .option("--env <name>", "environment; default: ASSETS_ENV, then the config's")
    .option("--json", "print one JSON object per line")
    .addOption(new Option("--quiet", "print only failures and the last line").conflicts("verbose"))
    .option("--verbose", "print reasons, logs and whole stacks")
    .option("--no-color", "print without colours; so does NO_COLOR=1")
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError("Run assets --help for what there is.")
    .configureOutput({ writeOut: text => writeAnswer(text) })
    .exitOverride()
  addInit(program)
  addMaterialize(program)
  addPlan(program)
  addProjectCommands(program)
  addRuns(program)
  addData(program)
  addEnvironment(program)
  addMaintenance(program)
  addSpark(program)
  addDuckdb(program)
  addDev(program)
  inheritSettings(program)
  return program
}

function inheritSettings(program: Command): void {
  for (const command of program.commands) {
    command.copyInheritedSettings(program)
    command.showHelpAfterError(`Run assets ${commandPath(command)} --help for what there is.`)
    inheritSettings(command)
  }
}

function commandPath(command: Command): string {
  const parent = command.parent
  return parent?.parent ? `${commandPath(parent)} ${command.name()}` : command.name()
}

function addInit(program: Command): void {
  program
    .command("init")
    .description("make a new project that runs at once")
    .argument("[dir]", "folder of the project", ".")
    .action(async (dir: string, _options, command: Command) => {
      const { init } = await import("./commands/init.ts")
      await init(dir, command.optsWithGlobals())
    })
}

/** Options of `materialize` that say nothing to a command that runs no step. */
const ofRunsAlone = ["force", "reapply", "dryRun", "concurrency", "failFast", "wait", "fromFailure", "yes"]

function addMaterialize(program: Command): void {
  const command = program
    .command("materialize")
    .description("compute and store what is missing or stale")
    .argument(...selection)
  addPartitionOptions(command)
    .option("--force", "also what is unchanged")
    .option("--reapply", "with --force: add rows that were appended or merged before once more")
    .option("--dry-run", "print the plan and run nothing")
    .addOption(
      new Option("--check-only", "evaluate the checks of what is stored and run nothing else").conflicts(ofRunsAlone),
    )
    .option("--concurrency <n>", "steps at the same time; default: the processors of this machine", positiveInteger)
    .option("--fail-fast", "stop at the first failure")
    .option("--no-wait", "fail in place of waiting for another process")
    .option("--tag <k=v>", "tag of the run; may be repeated", tags)
    .option("--from-failure <run>", "what failed, was blocked, cancelled or never started in a run, and nothing else")
    .option("--yes", "also when more than 100 partitions of an asset would run that were not asked for")
    .action(async (select: string[], _options, command: Command) => {
      const { materializeCommand } = await import("./commands/materialize.ts")
      await materializeCommand(select, command.optsWithGlobals())
    })
}

function addPlan(program: Command): void {
  const command = program
    .command("plan")
    .description("print what would run, what is skipped, and why")
    .argument(...selection)
  addPartitionOptions(command)
    .option("--force", "as if what is unchanged ran, too")
    .option("--reapply", "with --force: as if rows were added that were appended or merged before")
    .option("--sql", "also the statement of each step that may run")
    .option("--advise", "also what follows from what former runs measured, below each asset")
    .action(async (select: string[], _options, command: Command) => {
      const { planCommand } = await import("./commands/plan.ts")
      await planCommand(select, command.optsWithGlobals())
    })
}

function addProjectCommands(program: Command): void {
  program
    .command("list")
    .description("print the assets of the project")
    .argument("[selection...]", "keys or selections, their union; default: every asset and source")
    .action(async (select: string[], _options, command: Command) => {
      const { list } = await import("./commands/list.ts")
      await list(select, command.optsWithGlobals())
    })
  program
    .command("graph")
    .description("print the graph of the project")
    .addOption(new Option("--format <form>", "form").choices(["text", "mermaid", "dot", "json"]).default("text"))
    .action(async (_options, command: Command) => {
      const { graph } = await import("./commands/graph.ts")
      await graph(command.optsWithGlobals())
    })
  addLineage(program)
  const status = program
    .command("status")
    .description("print what is fresh, stale or missing, and why; partitions that stand alike as one range")
    .argument(...selection)
  addPartitionOptions(status).action(async (select: string[], _options, command: Command) => {
    const { statusCommand } = await import("./commands/status.ts")
    await statusCommand(select, command.optsWithGlobals())
  })
}

function addDev(program: Command): void {
  program
    .command("dev")
    .description("show runs and assets on a page of this machine")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <n>", "port; 0 takes any free one", port, 3000)
    .action(async (_options, command: Command) => {
      const { dev } = await import("./commands/dev.ts")
      await dev(command.optsWithGlobals())
    })
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError("It has to be a whole number from 0 to 65535.")
  }
  return value
}

function tags(text: string, former: { readonly [name: string]: string } = {}): { readonly [name: string]: string } {
  const at = text.indexOf("=")
  if (at < 1) throw new InvalidArgumentError("It has to be NAME=VALUE.")
  return { ...former, [text.slice(0, at)]: text.slice(at + 1) }
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  return String(manifest.version)
}
