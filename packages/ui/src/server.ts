import { type AssetsError, ConfigError, type Definitions, openEventLog } from "@assets/core"
import type { FastifyInstance } from "fastify"
import { projectView } from "./api/project-view.ts"
import { buildApp } from "./app.ts"
import { isLoopback } from "./request-guard.ts"

export interface ServerOptions {
  readonly project: Definitions
  /** The environment that the page shows first, and whose event log is read. Default: the project's. */
  readonly environment?: string
  /** Address to listen on. Default `127.0.0.1`. Another than loopback demands `token`. */
  readonly host?: string
  /** Default 3000; 0 takes any free one. */
  readonly port?: number
  /** What a request must bring. Left out, everybody who reaches the server may read. */
  readonly token?: string
  /** True: nothing can be started through the server. */
  readonly readOnly: boolean
}

export interface Server {
  /** `http://127.0.0.1:3000`, without a slash at its end. */
  readonly url: string
  /** Ends open streams, closes the event log and resolves when the port is free. */
  close(): Promise<void>
}

/**
 * Starts the HTTP server of a project: the API under `/api`, described at `/api/openapi.json`, and the page.
 * Resolves once it answers. Reads the event log that other processes write; runs nothing.
 *
 * @throws ConfigError `SERVER_TOKEN_REQUIRED` when `host` is not loopback and there is no token, `SERVER_PORT_IN_USE`
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host = "127.0.0.1", port = 3000, readOnly } = options
  const token = options.token || undefined
  const loopback = isLoopback(host)
  if (!loopback && token === undefined) throw tokenRequired(host)
  const project = projectView(options.project, options.environment)
  const log = openEventLog(options.project, project.defaultEnvironment)
  let app: FastifyInstance | undefined
  try {
    app = await buildApp({ project, log, readOnly, loopback, token })
    app.addHook("onClose", async () => log.close())
    await app.listen({ host, port })
  } catch (error) {
    if (app) await app.close()
    else log.close()
    throw (error as { readonly code?: unknown }).code === "EADDRINUSE" ? portInUse(host, port, error) : error
  }
  const started = app
  return { url: urlOf(started, host), close: () => started.close() }
}

function tokenRequired(host: string): AssetsError {
  return new ConfigError("SERVER_TOKEN_REQUIRED", {
    what: `The server would listen on ${host}, where others can reach it, without a token.`,
    why: "Whoever reaches it could read what this project holds.",
    fix: "Set ASSETS_TOKEN, or pass --token-file FILE; or listen on 127.0.0.1.",
  })
}

function portInUse(host: string, port: number, cause: unknown): AssetsError {
  return new ConfigError("SERVER_PORT_IN_USE", {
    what: `Port ${port} of ${host} is in use.`,
    why: "Another process listens on it: perhaps a server of this project that still runs.",
    fix: `Stop that process, or take another port: --port ${port + 1}, or --port 0 for any.`,
    details: { host, port },
    cause,
  })
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host
  return `http://${name}:${port}`
}
