import { writeSync } from "node:fs"
import { exitCodes } from "./exit-codes.ts"

const exit = process.exit.bind(process)
let ended = false
let outlivesReader = false

/** Ends this process, with `process.exitCode` where no code is given. The project's code cannot: see `guardProcessEnd`. */
export function endProcess(code?: number): never {
  ended = true
  // An undefined code would count as given, and as 0.
  return code === undefined ? exit() : exit(code)
}

/** From now on nobody needs to read what is printed: a run goes on when the reader of its lines goes away. */
export function outliveReader(): void {
  outlivesReader = true
}

/**
 * Lets only the command itself end the process. `process.exit` in the project's code throws, so that it fails where it
 * stands; what it throws outside of any step is passed on; and a command that waits for what never comes says so.
 */
export function guardProcessEnd(onStrayError: (error: unknown) => void): void {
  process.exit = code => {
    throw new Error(`process.exit(${code ?? ""}) was called; throw an error to fail.`)
  }
  process.on("uncaughtException", onStrayError)
  process.on("exit", () => {
    if (ended) return
    writeSync(
      2,
      "error The command ended before its work did: it awaits a promise of the project that never settles.\n",
    )
    process.exitCode = exitCodes.failed
  })
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onStreamError)
}

/** A reader that has seen enough (`| head`), or a terminal that was closed, ends a query without a word. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (outlivesReader) return
  if (error.code === "EPIPE" || error.code === "EIO") endProcess(exitCodes.done)
  throw error
}
