import type { Command } from "commander"

/** Where data comes from, and where it goes. */
export function addLineage(program: Command): void {
  program
    .command("lineage")
    .description("print what an asset comes from and what is made of it, or the columns that a column comes from")
    .argument("<asset>", "key of an asset or source, or key.column")
    .action(async (target: string, _options, command: Command) => {
      const { lineage } = await import("../commands/lineage.ts")
      await lineage(target, command.optsWithGlobals())
    })
}
