import { type Command, Option } from "commander"

/** What looks for what is wrong, and clears away. */
export function addMaintenance(program: Command): void {
  program
    .command("doctor")
    .description("look for what keeps the project from working, on this machine and in each environment")
    .action(async (_options, command: Command) => {
      const { doctorCommand } = await import("../commands/doctor.ts")
      await doctorCommand(command.optsWithGlobals())
    })
  program
    .command("gc")
    .description("remove what nothing refers to: versions and files that are neither current, kept nor read")
    .option("--dry-run", "print what would be removed and remove nothing")
    .addOption(
      new Option("--reindex", "in place of it, make the event log know what is stored; removes no data").conflicts(
        "dryRun",
      ),
    )
    .action(async (_options, command: Command) => {
      const { gc } = await import("../commands/gc.ts")
      await gc(command.optsWithGlobals())
    })
}
