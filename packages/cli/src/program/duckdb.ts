import type { Command } from "commander"
import { names } from "./shared-arguments.ts"

/** Adds the commands that set up DuckDB. */
export function addDuckdb(program: Command): void {
  const duckdb = program.command("duckdb").description("set up DuckDB on this machine")
  duckdb
    .command("install")
    .description("bring DuckDB's extension httpfs, which s3:// needs, into this user's cache, by pip")
    .option("--with <list>", "what comes beside httpfs: delta, which Delta tables as sources need", names)
    .action(async (_options, command: Command) => {
      const { installDuckdbCommand } = await import("../commands/install-duckdb.ts")
      await installDuckdbCommand(command.optsWithGlobals())
    })
}
