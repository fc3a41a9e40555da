import { CommanderError } from "commander"
import { keepStdoutForAnswers, writeAnswer } from "./answer-stream.ts"
import { exitCodes } from "./exit-codes.ts"
import { endProcess, guardProcessEnd } from "./process-end.ts"
import { createProgram } from "./program.ts"

/** Runs the command line and ends the process, also when the project's code has left something open. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const verbose = args.includes("--verbose")
  keepStdoutForAnswers()
  guardProcessEnd(error => void endWithStrayError(error, verbose))
  await runCommand(args, verbose)
  await flushed()
  endProcess()
}

async function runCommand(args: readonly string[], verbose: boolean): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: "user" })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse
    else process.exitCode = await printError(error, verbose)
  }
}

/** Prints an error and returns its exit code. */
async function printError(error: unknown, verbose: boolean): Promise<number> {
  const [{ renderError }, { exitCodeOf }, { openedFiles }] = await Promise.all([
    import("./render-error.ts"),
    import("./exit-code.ts"),
    import("./open-project.ts"),
  ])
  process.stderr.write(`${renderError(error, { verbose, files: openedFiles() })}\n`)
  return exitCodeOf(error)
}

/** What was thrown where nobody waits for it leaves the state of the process unknown: the process ends. */
async function endWithStrayError(error: unknown, verbose: boolean): Promise<void> {
  try {
    const [{ strayError }, { openedFiles }] = await Promise.all([
      import("./stray-error.ts"),
      import("./open-project.ts"),
    ])
    await printError(strayError(error, openedFiles()), verbose)
    await flushed()
  } catch (fault) {
    // The command's own files are gone, for one: to be told of that in the same way would never end.
    console.error(error, fault)
  }
  endProcess(exitCodes.failed)
}

async function flushed(): Promise<void> {
  await new Promise<void>(resolve => writeAnswer("", resolve))
  await new Promise<void>(resolve => process.stderr.write("", () => resolve()))
}
