import { CommanderError } from "commander"
import { createProgram } from "./program.ts"

/** Runs the command line and ends the process, also when the project's code has left something open. */
export async function runProgram(args: readonly string[]): Promise<void> {
  quietBrokenPipes()
  await runCommand(args)
  for (const stream of [process.stdout, process.stderr]) await new Promise(resolve => stream.write("", resolve))
  process.exit()
}

async function runCommand(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: "user" })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    const [{ renderError }, { exitCodeOf }, { openedFiles }] = await Promise.all([
      import("./render-error.ts"),
      import("./exit-code.ts"),
      import("./open-project.ts"),
    ])
    const options = { verbose: args.includes("--verbose"), files: openedFiles() }
    process.stderr.write(`${renderError(error, options)}\n`)
    process.exitCode = exitCodeOf(error)
  }
}

/** A reader that has seen enough (`| head`) ends this process without a word. */
function quietBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0)
      throw error
    })
  }
}
