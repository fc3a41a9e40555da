import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { afterAll, beforeAll } from "vitest"
import { setVariables } from "../object-store.ts"

export const bucket = "bucket"

interface Emulator {
  readonly endpoint: string
  stop(): Promise<void>
}

/** Starts the emulator on loopback, with an empty bucket. It takes any credentials, or none. */
export async function startEmulator(): Promise<Emulator> {
  const program = process.env.GCS_EMULATOR
  if (!program) throw new Error("There is no emulator: npm run test:gcs.")
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const place = ["-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-backend", "memory"]
  const names = ["-public-host", `127.0.0.1:${port}`, "-external-url", endpoint]
  const server = spawn(program, [...place, ...names], { stdio: "ignore" })
  try {
    await answering(endpoint, server)
  } catch (error) {
    server.kill("SIGKILL")
    throw error
  }
  return {
    endpoint,
    async stop() {
      if (server.exitCode === null) {
        server.kill("SIGKILL")
        await once(server, "exit")
      }
    },
  }
}

/** One for all tests of a block, as the variables of this process name it. */
export function sharedEmulator(): void {
  let emulator: Emulator | undefined
  let restore = () => {}
  beforeAll(async () => {
    emulator = await startEmulator()
    restore = setVariables({ STORAGE_EMULATOR_HOST: emulator.endpoint })
  })
  afterAll(async () => {
    restore()
    await emulator?.stop()
  })
}

async function answering(endpoint: string, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the emulator ended with ${server.exitCode}`)
    const made = await fetch(`${endpoint}/storage/v1/b?project=test`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: bucket }),
    }).catch(() => undefined)
    if (made?.ok) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
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
