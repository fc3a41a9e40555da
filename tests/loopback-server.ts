import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"

export interface LoopbackServer {
  stop(): Promise<void>
}

/** Starts a program that listens on loopback, and waits until it does. */
export async function startProgram(
  program: string,
  args: readonly string[],
  isUp: () => Promise<boolean>,
  options: { readonly cwd?: string } = {},
): Promise<LoopbackServer> {
  const server = spawn(program, args, { stdio: "ignore", ...options })
  const stop = async () => {
    if (server.exitCode !== null) return
    server.kill("SIGKILL")
    await once(server, "exit")
  }
  try {
    while (!(await isUp().catch(() => false))) {
      if (server.exitCode !== null) throw new Error(`${program} ended with ${server.exitCode}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}
