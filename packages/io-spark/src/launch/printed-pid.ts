import type { ChildProcess } from "node:child_process"

/** Reads the pid that a shell prints first, and leaves the rest of its output unread. */
export async function printedPid(child: ChildProcess): Promise<number> {
  const { stdout } = child
  if (stdout === null) throw new Error("The shell has no output; please report this.")
  let text = ""
  const printed = await new Promise<string>((resolve, reject) => {
    stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes("\n")) resolve(text)
    })
    child.once("error", reject)
    child.once("exit", () => resolve(text))
  })
  stdout.destroy()
  const pid = Number.parseInt(printed, 10)
  if (!Number.isInteger(pid)) throw new Error("The shell printed no pid; please report this.")
  return pid
}
