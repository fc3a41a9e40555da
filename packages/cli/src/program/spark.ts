import type { Command } from "commander"
import { names } from "./shared-arguments.ts"

/** Adds the commands that set up Spark. */
export function addSpark(program: Command): void {
  const spark = program.command("spark").description("set up Spark on this machine")
  spark
    .command("install")
    .description("bring the jars of Spark into this user's cache, by Maven, or by pip where there is no Maven")
    .option("--with <list>", "what comes beside Spark: delta, iceberg, s3, gcs; what was installed before stays", names)
    .action(async (_options, command: Command) => {
      const { installSparkCommand } = await import("../commands/install-spark.ts")
      await installSparkCommand(command.optsWithGlobals())
    })
}
