import { spawn } from "node:child_process"
import { once } from "node:events"
import { text as textOf } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"

/** Has processes write so many times each to one table at once; what each of them has told. A fault kills them. */
export async function writersOf(
  storage: string,
  base: string,
  names: readonly string[],
  { fault, count = 25 }: { readonly fault?: string; readonly count?: number } = {},
): Promise<string[]> {
  const script = fileURLToPath(new URL("commit-json.ts", import.meta.url))
  const env = { ...process.env, ...(fault && { ASSETS_FAULT: fault }) }
  const told = names.map(async name => {
    const args = ["--conditions=@assets/source", "--import", "tsx", script, storage, base, name, String(count)]
    const writer = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] })
    const [text, [code, signal]] = await Promise.all([textOf(writer.stdout), once(writer, "exit")])
    expect(fault ? signal : code).toBe(fault ? "SIGKILL" : 0)
    return text.split("\n").filter(line => line !== "")
  })
  return (await Promise.all(told)).flat()
}
