import { setTimeout as sleep } from "node:timers/promises"
import type { PreparedServer } from "./prepare-server.ts"
import { isLocal } from "./spark-master.ts"
import { serverFailure } from "./start-failure.ts"

/** Milliseconds between two looks for the line with the port. */
const LOOK_MS = 15
const LOCAL_TIMEOUT_MS = 120_000
/** A cluster may have to find room first. */
const CLUSTER_TIMEOUT_MS = 300_000

export interface PortOptions {
  readonly signal?: AbortSignal
  /** Milliseconds until the port has to be known. Default: two minutes for `local`, five for a cluster. */
  readonly timeoutMs?: number
}

/**
 * Waits for the line in which a server tells its port: from then on it answers.
 * @param exitCode that of the server, once it has ended
 * @throws EngineError when it ends before, or the time is over
 */
export async function serverPort(
  { launch: { master }, log }: PreparedServer,
  exitCode: () => number | undefined,
  { signal, timeoutMs = isLocal(master) ? LOCAL_TIMEOUT_MS : CLUSTER_TIMEOUT_MS }: PortOptions,
): Promise<number> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    // What it printed is looked at after its end is known, so that the end of the log is there.
    const code = exitCode()
    const port = /Spark Connect server started at: \S*:(\d+)/.exec(log.from(0))?.[1]
    if (code !== undefined) throw serverFailure({ master, code, log: log.tail() })
    if (port !== undefined) return Number(port)
    if (Date.now() > deadline)
      throw serverFailure({ master, code, waitedSeconds: Math.ceil(timeoutMs / 1000), log: log.tail() })
    await sleep(LOOK_MS)
  }
}
