import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { cacheFolder } from "@assets/core"
import { afterAll, beforeAll } from "vitest"
import { freePort, type LoopbackServer, startProgram } from "./loopback-server.ts"

const programs = {
  gofakes3: join(cacheFolder(process.env), "test-object-stores", "gofakes3-1.2.0", "gofakes3"),
  versitygw: join(cacheFolder(process.env), "test-object-stores", "versitygw-1.8.0", "versitygw"),
  /** Keeps no etags, so that it lets each of two conditional writes through. */
  unconditional: join(cacheFolder(process.env), "test-object-stores", "versitygw-1.8.0", "versitygw"),
} as const

export type StoreName = keyof typeof programs

const absent = Object.values(programs).filter(path => !existsSync(path))

/** Whether the tests of object stores are skipped: their servers are not on this machine. In CI they run, and fail. */
export const skipsObjectStores = absent.length > 0 && !process.env.CI

if (skipsObjectStores)
  console.warn("The tests of object stores are skipped: run node scripts/install-object-stores.mjs.")

export const bucket = "bucket"
export const testKeys = { AWS_ACCESS_KEY_ID: "test-access", AWS_SECRET_ACCESS_KEY: "test-secret" } as const

interface StartedStore extends LoopbackServer {
  readonly endpoint: string
}

/**
 * Starts a store on loopback, with an empty bucket; but for gofakes3 with others, too. gofakes3 takes any credentials,
 * the others only the test's.
 */
export async function startObjectStore(name: StoreName, more: readonly string[] = []): Promise<StartedStore> {
  const address = `127.0.0.1:${await freePort()}`
  const folder = mkdtempSync(join(tmpdir(), "assets-object-store-"))
  const [data, meta] = [join(folder, "data"), join(folder, "meta")]
  for (const one of [meta, ...[bucket, ...more].map(one => join(data, one))]) mkdirSync(one, { recursive: true })
  const keys = ["--access", testKeys.AWS_ACCESS_KEY_ID, "--secret", testKeys.AWS_SECRET_ACCESS_KEY]
  const args = {
    gofakes3: ["-backend", "mem", "-initialbucket", bucket, "-host", address],
    versitygw: [...keys, "--port", address, "posix", "--sidecar", meta, data],
    unconditional: [...keys, "--port", address, "posix", "--nometa", data],
  }[name]
  const endpoint = `http://${address}`
  const isUp = () => fetch(endpoint).then(() => true)
  const server = await startProgram(programs[name], args, isUp, { cwd: folder })
  return {
    endpoint,
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Sets variables of this process, which processes that a test starts see too; gives what puts the former ones back. */
export function setVariables(variables: { readonly [name: string]: string | undefined }): () => void {
  const former = Object.keys(variables).map(name => [name, process.env[name]] as const)
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  for (const [name, value] of Object.entries(variables)) set(name, value)
  return () => {
    for (const [name, value] of former) set(name, value)
  }
}

/** One store for all tests of a block, as the variables of this process name it. */
export function sharedObjectStore(name: StoreName = "gofakes3", more: readonly string[] = []): void {
  let store: StartedStore | undefined
  let restore = () => {}
  beforeAll(async () => {
    store = await startObjectStore(name, more)
    restore = setVariables({ ...testKeys, AWS_ENDPOINT_URL_S3: store.endpoint, AWS_REGION: "us-east-1" })
  })
  afterAll(async () => {
    restore()
    await store?.stop()
  })
}
