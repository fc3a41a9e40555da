import type { EngineError } from "@assets/core"
import type { Remote } from "../connect/remote.ts"
import type { SparkLaunch } from "../spark-options.ts"
import { keptServer } from "./kept-server.ts"
import { type PreparedServer, prepareServer } from "./prepare-server.ts"
import { type PortOptions, serverPort } from "./server-port.ts"
import { serverFailure } from "./start-failure.ts"
import { supervise } from "./supervisor.ts"

/** `signal` stops the start. */
export interface StartOptions extends PortOptions {
  /** What `resolveSparkOptions` gave. */
  readonly launch: SparkLaunch
  /** An existing folder, private to the run: the server makes one of its own in it. */
  readonly scratch: string
  /** IANA zone of the sessions. */
  readonly timeZone: string
}

/** A Spark Connect server of this machine. */
export interface SparkServer {
  readonly remote: Remote
  readonly pid: number
  /** Of Spark: `4.1.2`. */
  readonly version: string
  /** The end of what the server printed, without secrets. */
  logTail(): string
  /** Why the server has ended by itself; undefined while it runs, and after `stop`. */
  failure(): EngineError | undefined
  /**
   * Ends the server, by force when it takes more than seconds; its queries fail. One that is kept stays, without this
   * process to hold it. May be called again.
   */
  stop(): Promise<void>
}

/**
 * Starts a Spark Connect server and waits until it answers. It listens on loopback alone and asks for a token that
 * nobody else knows; what it writes is below `scratch`. When this process ends, however it does, the server ends: unless
 * it is to be kept for the next command, which then takes it over with its token, and finds what it writes in the cache.
 *
 * @throws EngineError `JAVA_MISSING`, `SPARK_MISSING`, `SPARK_START_FAILED`, `ENGINE_OUT_OF_MEMORY` or `STORAGE_FULL`,
 * with the end of the server's log in the details
 */
export async function startSparkServer(options: StartOptions): Promise<SparkServer> {
  const { launch, scratch, timeZone, signal } = options
  signal?.throwIfAborted()
  const { keepAliveMs } = launch
  if (keepAliveMs !== undefined) return keptServer({ ...options, keepAliveMs })
  return superviseServer(await prepareServer(launch, scratch, timeZone), options)
}

async function superviseServer(prepared: PreparedServer, options: PortOptions): Promise<SparkServer> {
  const { command, folder, env, log, token, archive, launch } = prepared
  const server = await supervise(command, { log: log.path, cwd: folder, env })
  let isStopping = false
  const stop = async () => {
    isStopping = true
    await server.stop()
    archive.make()
  }
  try {
    const port = await serverPort(prepared, server.exitCode, options)
    return {
      remote: { host: "127.0.0.1", port, token, useTls: false, headers: {} },
      pid: server.pid,
      version: prepared.version,
      logTail: () => log.tail(),
      failure: () => {
        const code = server.exitCode()
        if (code === undefined || isStopping) return undefined
        return serverFailure({ master: launch.master, code, log: log.tail() })
      },
      stop,
    }
  } catch (error) {
    await server.stop()
    archive.forget()
    throw error
  }
}
