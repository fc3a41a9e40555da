import { type ChildProcess, spawn } from "node:child_process"
import { createRequire } from "node:module"
import { join } from "node:path"

const source = (name: string) => JSON.stringify(join(import.meta.dirname, "../src/event", name))

/** What ran in another process, and how it ended. */
export interface EndedProcess {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

/** Starts a process in which `log` is the event log of a path; it runs `code` and ends when nothing is left to do. */
export function startLogProcess(
  path: string,
  code: string,
  env: { readonly [name: string]: string } = {},
): ChildProcess & { readonly ended: Promise<EndedProcess> } {
  const text = `
    const { SqliteEventLog } = await import(${source("sqlite-event-log.ts")})
    const log = new SqliteEventLog(${JSON.stringify(path)})
    ${code}`
  const tsx = createRequire(import.meta.url).resolve("tsx")
  const child = spawn(process.execPath, ["--import", tsx, "--input-type=module", "-e", text], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  })
  let output = ""
  child.stdout.on("data", chunk => (output += chunk))
  child.stderr.on("data", chunk => (output += chunk))
  const ended = new Promise<EndedProcess>((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => resolve({ code, signal, output }))
  })
  return Object.assign(child, { ended })
}

/** Waits until the process has printed a line. */
export async function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", chunk => resolve(String(chunk).trim())).once("end", () => reject(new Error("no line")))
  })
}
