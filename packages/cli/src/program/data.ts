import { type Command, InvalidArgumentError, Option } from "commander"
import { positiveInteger } from "./positive-integer.ts"
import { addPartitionOptions, selection } from "./shared-arguments.ts"

/** What looks at stored data, and what moves it from one environment to another. */
export function addData(program: Command): void {
  addReading(program)
  addDiff(program)
  addVerify(program)
  addCheck(program)
  addCopy(program)
  addPromote(program)
}

function addReading(program: Command): void {
  program
    .command("show")
    .description("print stored rows of an asset")
    .argument("<asset>", "key of an asset")
    .option("--limit <n>", "how many rows", positiveInteger, 20)
    .action(async (key: string, _options, command: Command) => {
      const { show } = await import("../commands/show.ts")
      await show(key, command.optsWithGlobals())
    })
  program
    .command("path")
    .description("print where the data of an asset is stored")
    .argument("<asset>", "key of an asset")
    .action(async (key: string, _options, command: Command) => {
      const { path } = await import("../commands/path.ts")
      await path(key, command.optsWithGlobals())
    })
  program
    .command("sql")
    .description("run a select over the stored assets, in the dialect of the engine")
    .argument("<select>", 'text; an asset is a table by its key: marts.revenue, or "marts/revenue"')
    .action(async (text: string, _options, command: Command) => {
      const { sql } = await import("../commands/sql.ts")
      await sql(text, command.optsWithGlobals())
    })
  program
    .command("export")
    .description("write an asset to a file for others")
    .argument("<asset>", "key of an asset")
    .argument("<file>", "path that ends with .parquet, .csv or .json; replaced when it is there")
    .action(async (key: string, file: string, _options, command: Command) => {
      const { exportCommand } = await import("../commands/export.ts")
      await exportCommand(key, file, command.optsWithGlobals())
    })
}

function addPromote(program: Command): void {
  program
    .command("promote")
    .description("make what one environment has current in another, without computing or copying")
    .argument("<from>", "environment whose data is promoted: a branch")
    .argument("<to>", "environment in which it becomes current: all of it or nothing")
    .argument(...selection)
    .option("--dry-run", "print what would be promoted and change nothing")
    .option("--no-wait", "fail in place of waiting for another process")
    .action(async (from: string, to: string, select: string[], _options, command: Command) => {
      const { promoteCommand } = await import("../commands/promote.ts")
      await promoteCommand({ from, to }, select, command.optsWithGlobals())
    })
}

function addCopy(program: Command): void {
  const command = program
    .command("copy")
    .description("copy stored assets from one environment to another, so that nothing is computed there")
    .argument(...selection)
    .requiredOption("--from <env>", "environment whose data is copied")
    .requiredOption("--to <env>", "environment that gets it")
  addPartitionOptions(command)
    .option("--no-wait", "fail in place of waiting for another process")
    .action(async (select: string[], _options, command: Command) => {
      const { copyCommand } = await import("../commands/copy.ts")
      await copyCommand(select, command.optsWithGlobals())
    })
}

function addCheck(program: Command): void {
  const command = program
    .command("check")
    .description("evaluate the checks of what is current, and write nothing")
    .argument(...selection)
  addPartitionOptions(command, "all or failed").action(async (select: string[], _options, command: Command) => {
    const { checkCommand } = await import("../commands/check.ts")
    await checkCommand(select, command.optsWithGlobals())
  })
}

function addDiff(program: Command): void {
  const command = program
    .command("diff")
    .description("compare what is stored in two environments, two versions of it, or what two engines compute")
    .argument(
      "<a>",
      "an environment; with --by version current, former, current~2 or an id; with --by engine an engine",
    )
    .argument("<b>", "what it is compared with")
    .argument(...selection)
    .addOption(new Option("--by <what>", "what a and b are").choices(["env", "engine", "version"]).default("env"))
  addCompareOptions(command).action(async (a: string, b: string, select: string[], _options, command: Command) => {
    const { diffCommand } = await import("../commands/diff.ts")
    await diffCommand({ a, b }, select, command.optsWithGlobals())
  })
}

function addVerify(program: Command): void {
  const command = program
    .command("verify")
    .description(
      "materialize the selection and all above it in two environments, and compare what they give: the proof that the engine can be swapped",
    )
    .argument(...selection)
    .requiredOption(
      "--against <env>",
      "environment that is compared with the one that --env, ASSETS_ENV or the config names",
    )
  addPartitionOptions(command, "or all")
    .option("--force", "compute what is unchanged anew, too, in both")
    .option("--yes", "also when more than 100 partitions of an asset would run that were not asked for")
  addCompareOptions(command).action(async (select: string[], _options, command: Command) => {
    const { verifyCommand } = await import("../commands/verify.ts")
    await verifyCommand(select, command.optsWithGlobals())
  })
}

/** How rows are compared. */
function addCompareOptions(command: Command): Command {
  return command
    .option(
      "--key <columns>",
      "columns that tell a row, parted by commas; default: merge keys, or the unique check's",
      columns,
    )
    .option(
      "--tolerance <x>",
      "what two floating point numbers may differ by: 0.001, or 0.1% of the greater",
      tolerance,
    )
    .option("--limit <n>", "how many differing rows are shown of each asset", positiveInteger, 10)
}

function columns(text: string, former: readonly string[] = []): readonly string[] {
  return [...former, ...text.split(",").map(name => name.trim())]
}

function tolerance(text: string): number | { readonly relative: number } {
  const [, number = "", percent] = /^(\d*\.?\d+(?:e[+-]?\d+)?)(%?)$/i.exec(text) ?? []
  if (number === "") throw new InvalidArgumentError("It has to be a number from 0 on, or one followed by %.")
  return percent ? { relative: Number(number) / 100 } : Number(number)
}
