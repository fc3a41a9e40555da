import { spawn } from "node:child_process"
import type { Variables } from "../spark-options.ts"
import { endServer } from "./end-server.ts"
import { printedPid } from "./printed-pid.ts"

/**
 * Runs a command ($2 …) with its output in a file ($1), and ends it when standard input closes: when the runner says so,
 * and also when the runner is gone, whatever killed it. Prints the pid of the command; ends with its exit code.
 */
const script = `${endServer}
exec 3<&0 </dev/null
log=$1
shift
"$@" 3<&- >>"$log" 2>&1 &
pid=$!
echo "$pid"
exec >/dev/null 2>&1
(
  read -r _ <&3
  end_server
) &
watcher=$!
exec 3<&-
wait "$pid"
code=$?
kill "$watcher"
exit "$code"
`

/** A command that lives no longer than this process. */
export interface Supervised {
  readonly pid: number
  /** The exit code, 128 + n for a signal n; undefined while it runs. */
  exitCode(): number | undefined
  /** Resolves with the exit code when it has ended, why ever. */
  readonly ended: Promise<number>
  /** Asks it to end, and kills it when it does not in time. Resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a command in a process group of its own: Ctrl-C in the terminal reaches this process alone, which then stops
 * what it started in order.
 */
export async function supervise(
  command: readonly string[],
  { log, cwd, env }: { readonly log: string; readonly cwd: string; readonly env: Variables },
): Promise<Supervised> {
  const child = spawn("/bin/sh", ["-c", script, "sh", log, ...command], {
    cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  })
  let code: number | undefined
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (exitCode, signal) => {
      code = exitCode ?? (signal === "SIGKILL" ? 137 : 143)
      resolve(code)
    })
  })
  ended.catch(() => {}) // who waits for the pid is told
  const { stdin } = child
  stdin.on("error", () => {}) // the command has ended first
  const pid = await printedPid(child)
  child.unref()
  // A pipe of a child that is still referenced would keep a script from ending.
  if ("unref" in stdin && typeof stdin.unref === "function") stdin.unref()
  return {
    pid,
    exitCode: () => code,
    ended,
    async stop() {
      child.ref()
      stdin.end()
      await ended
    },
  }
}
