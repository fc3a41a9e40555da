import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { cacheFolder } from "@assets/core"
import { afterAll, beforeAll } from "vitest"
import { findJava } from "../packages/io-spark/src/launch/java.ts"
import { setVariables } from "./object-store.ts"

const jars = join(cacheFolder(process.env), "test-iceberg-catalog-1.10.1")

/** Whether the tests of REST catalogs are skipped: there is none on this machine. In CI they run, and fail. */
export const skipsCatalogs = !existsSync(jars) && !process.env.CI

if (skipsCatalogs) console.warn("The tests of REST catalogs are skipped: run node scripts/install-iceberg-catalog.mjs.")

/** The variables by which processes that a test starts find the catalog, too. */
export const catalogVariables = {
  uri: "ICEBERG_TEST_URI",
  token: "ICEBERG_TEST_TOKEN",
  /** The folder, or the URL, at which it has its tables. */
  warehouse: "ICEBERG_TEST_WAREHOUSE",
} as const

interface StartedCatalog {
  readonly uri: string
  readonly token: string
  readonly warehouse: string
  stop(): Promise<void>
}

/** Starts Iceberg's own REST catalog on loopback, without a table. */
async function startCatalog(url: string | undefined): Promise<StartedCatalog> {
  const { path } = await findJava(process.env.JAVA_HOME || undefined, process.env)
  const folder = mkdtempSync(join(tmpdir(), "assets-iceberg-catalog-"))
  const warehouse = url ?? folder
  const token = "a-token-of-the-tests"
  const quick = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
  const program = join(import.meta.dirname, "iceberg-catalog", "IcebergCatalog.java")
  const args = [...quick, "-cp", `${jars}/*`, program, warehouse, join(folder, "catalog.db"), token]
  // It ends with its input: also when this process is killed.
  const server = spawn(path, args, { stdio: ["pipe", "pipe", "inherit"] })
  const uri = `http://127.0.0.1:${await portOf(server)}`
  return {
    uri,
    token,
    warehouse,
    async stop() {
      server.stdin.end()
      if (server.exitCode === null) await once(server, "exit")
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function portOf(server: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<number> {
  for await (const line of createInterface(server.stdout)) {
    const port = /^PORT (\d+)$/.exec(line)?.[1]
    if (port) return Number(port)
  }
  throw new Error("The catalog has ended before it began.")
}

/** One catalog for all tests of a block, as the variables of this process name it; its tables lie in a folder, or at a URL. */
export function sharedCatalog(url?: string): void {
  let catalog: StartedCatalog | undefined
  let restore = () => {}
  beforeAll(async () => {
    catalog = await startCatalog(url)
    const { uri, token, warehouse } = catalog
    restore = setVariables({
      [catalogVariables.uri]: uri,
      [catalogVariables.token]: token,
      [catalogVariables.warehouse]: warehouse,
    })
  })
  afterAll(async () => {
    restore()
    await catalog?.stop()
  })
}
