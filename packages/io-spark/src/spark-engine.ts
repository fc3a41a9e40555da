import type { Engine, EngineContext, EngineError, EngineSession, Finding, Json } from "@assets/core"
import type { ConnectOptions } from "./connect/client.ts"
import type { Remote } from "./connect/remote.ts"
import { pinnedSessionConf, sessionConfOf } from "./pinned-conf.ts"
import {
  faultsOfSparkOptions,
  type ResolvedSpark,
  requireSound,
  resolveSparkOptions,
  type SparkOptions,
} from "./spark-options.ts"

/**
 * Computes on Apache Spark, through Spark Connect: on a server that runs already, else on one that is started for the
 * time of the run and needs no Python.
 *
 * @throws ConfigError `CONFIG_INVALID` for an option that there is none of, or that could change an answer
 * @example
 * spark({ master: "local[2]" })
 */
export function spark(options: SparkOptions = {}): Engine {
  requireSound(faultsOfSparkOptions(options))
  return new SparkEngine(options)
}

class SparkEngine implements Engine {
  readonly name = "spark"
  readonly #options: SparkOptions

  constructor(options: SparkOptions) {
    this.#options = options
  }

  async open(context: EngineContext): Promise<EngineSession> {
    const { expand, signal, timeZone, scratch } = context
    signal.throwIfAborted()
    const resolved = resolveSparkOptions(this.#options, process.env, expand)
    const [{ connect }, { SparkSession }] = await Promise.all([
      import("./connect/client.ts"),
      import("./spark-session.ts"),
    ])
    const server = await serverOf(resolved, context)
    try {
      const client = await connect(server.remote, { signal, ...server.limits })
      // One that was started has them from its start, also those that a session cannot change.
      const free = resolved.kind === "attach" ? sessionConfOf(resolved.conf) : {}
      await client.configSet({ ...free, ...pinnedSessionConf(timeZone) }, { signal })
      return new SparkSession({ client, scratch, ...server })
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  async doctor(context: Pick<EngineContext, "expand"> = {}): Promise<readonly Finding[]> {
    const { doctorSpark } = await import("./doctor-spark.ts")
    return doctorSpark(this.#options, context)
  }

  describe(): { readonly [option: string]: Json } {
    const told = Object.entries(this.#options).filter(([, value]) => value !== undefined)
    return Object.fromEntries(
      told.map(([name, value]) => [name, typeof value === "string" ? withoutToken(value) : value]),
    )
  }
}

function withoutToken(text: string): string {
  return text.replace(/(token=)[^;]*/, "$1…")
}

/** A server of this machine that is gone does not come again. */
const ownServerPatienceMs = 5_000

interface OpenServer {
  readonly remote: Remote
  readonly limits: Pick<ConnectOptions, "patienceMs" | "room">
  failure?(): EngineError | undefined
  stop(): Promise<void>
}

/** The server that runs already, or one that is started. */
async function serverOf(
  resolved: ResolvedSpark,
  { scratch, timeZone, signal, waiting }: EngineContext,
): Promise<OpenServer> {
  if (resolved.kind === "attach") {
    const { parseRemote } = await import("./connect/remote.ts")
    const { remote } = resolved
    return {
      remote: typeof remote === "string" ? parseRemote(remote) : remote,
      limits: { room: { tell: () => waiting?.("room on the Spark server: none of the tasks that are to run does") } },
      stop: async () => {},
    }
  }
  const [{ startSparkServer }, { roomRule }] = await Promise.all([
    import("./launch/start-spark-server.ts"),
    import("./launch/room-rule.ts"),
  ])
  const { launch } = resolved
  const server = await startSparkServer({ launch, scratch, timeZone, signal })
  return {
    remote: server.remote,
    limits: { patienceMs: ownServerPatienceMs, room: roomRule(launch, server, waiting) },
    failure: () => server.failure(),
    stop: () => server.stop(),
  }
}
