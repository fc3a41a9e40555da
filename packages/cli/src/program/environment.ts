import type { Command } from "commander"

/** Adds the commands that look at the environments of the config. */
export function addEnvironment(program: Command): void {
  const env = program.command("env").description("print the environments of the config")
  env
    .command("list", { isDefault: true })
    .description("print the environments, with their engines and where their assets rest")
    .action(async (_options, command: Command) => {
      const { listEnvironments } = await import("../commands/env.ts")
      await listEnvironments(command.optsWithGlobals())
    })
  env
    .command("show")
    .description("print the settings of an environment, and where each is from; secrets are not shown")
    .argument("[name]", "name of an environment; default: the one that --env, ASSETS_ENV or the config names")
    .action(async (name: string | undefined, _options, command: Command) => {
      const { showEnvironment } = await import("../commands/env.ts")
      await showEnvironment(name, command.optsWithGlobals())
    })
  env
    .command("diff")
    .description("print the settings in which two environments differ")
    .argument("<a>", "name of an environment")
    .argument("<b>", "name of another")
    .option("--assets", "also the assets that they send to engines or IO managers of other names")
    .action(async (a: string, b: string, _options, command: Command) => {
      const { showEnvironmentDifferences } = await import("../commands/env.ts")
      await showEnvironmentDifferences(a, b, command.optsWithGlobals())
    })
}
