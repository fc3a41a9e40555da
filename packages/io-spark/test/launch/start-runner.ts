import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Variables } from "../../src/spark-options.ts"

const runner = fileURLToPath(new URL("runner.ts", import.meta.url))

/** Starts `runner.ts` in a process of its own, and waits until its server answers. */
export async function startRunner(env: Variables, ...args: readonly string[]) {
  const command = ["--conditions=@assets/source", "--import", "tsx", runner, ...args]
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"], env })
  const ended = new Promise<number | null>(resolve => child.once("exit", code => resolve(code)))
  const line = new Promise<string>(resolve => child.stdout.once("data", data => resolve(String(data))))
  const printed = await Promise.race([
    line,
    ended.then(code => Promise.reject(new Error(`The runner ended with ${code}.`))),
  ])
  return { child, ended, serverPid: Number(printed) }
}
