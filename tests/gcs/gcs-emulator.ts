import { afterAll, beforeAll } from "vitest"
import { freePort, type LoopbackServer, startProgram } from "../loopback-server.ts"
import { setVariables } from "../object-store.ts"

export const bucket = "bucket"

interface Emulator extends LoopbackServer {
  readonly endpoint: string
}

/** Starts the emulator on loopback, with an empty bucket. It takes any credentials, or none. */
export async function startEmulator(): Promise<Emulator> {
  const program = process.env.GCS_EMULATOR
  if (!program) throw new Error("There is no emulator: npm run test:gcs.")
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const place = ["-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-backend", "memory"]
  const names = ["-public-host", `127.0.0.1:${port}`, "-external-url", endpoint]
  const { stop } = await startProgram(program, [...place, ...names], () => isMade(endpoint))
  return { endpoint, stop }
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

/** Whether there is the bucket now. */
async function isMade(endpoint: string): Promise<boolean> {
  const { ok } = await fetch(`${endpoint}/storage/v1/b?project=test`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: bucket }),
  })
  return ok
}
