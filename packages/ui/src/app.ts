import { AssetsError, ConfigError, type EventLog, maskSecrets, StorageError } from "@assets/core"
import type { FastifyInstance, FastifyReply } from "fastify"
import type { ErrorView, ProjectView, ServerView } from "./api/api-view.ts"
import { assetRoutes } from "./api/asset-routes.ts"
import { eventRoutes } from "./api/event-routes.ts"
import { runRoutes } from "./api/run-routes.ts"
import { gives, schemas } from "./api/schemas.ts"
import { servePage, webFolder } from "./page.ts"
import { guardRequests } from "./request-guard.ts"
import { packageVersion } from "./version.ts"

export interface AppOptions {
  readonly project: ProjectView
  /** Read by every route; the caller closes it. */
  readonly log: EventLog
  readonly readOnly: boolean
  /** Whether only this machine can reach the server. */
  readonly loopback: boolean
  readonly token: string | undefined
}

/** Milliseconds between the comments of a silent stream. */
const HEARTBEAT_MS = 15_000

/** Puts the server together: guard, API and page. It does not listen yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { default: fastify } = await import("fastify")
  // Streams do not end by themselves, and nothing is written here that a cut connection could leave half done.
  const app = fastify({
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 2000 },
    // A misspelled parameter is refused, not left out.
    ajv: { customOptions: { removeAdditional: false } },
    schemaErrorFormatter: ([error], part) => {
      const name = error?.params.additionalProperty
      const place = `${part}${error?.instancePath ?? ""}`
      return new Error(name === undefined ? `${place} ${error?.message}` : `${part} has no parameter '${name}'`)
    },
    // An address that cannot be decoded: no hook and no error handler sees it.
    frameworkErrors: (error, _request, reply: FastifyReply) => void reply.code(400).send(errorView(badRequest(error))),
  })
  const stopped = new AbortController()
  app.addHook("preClose", async () => stopped.abort())
  guardRequests(app, options)
  answerInJson(app)
  await addApi(app, options, stopped.signal)
  await servePage(app, webFolder())
  return app
}

async function addApi(app: FastifyInstance, options: AppOptions, stopped: AbortSignal): Promise<void> {
  const { project, log, readOnly } = options
  const [{ fastifySSE }, { default: swagger }] = await Promise.all([import("@fastify/sse"), import("@fastify/swagger")])
  for (const schema of schemas) app.addSchema(schema)
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Assets", description: "What ran, and what is current.", version: packageVersion },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `def-${i}`) },
  })
  await app.register(fastifySSE, { heartbeatInterval: HEARTBEAT_MS })
  const { assets, sources, name, ...rest } = project
  const server: ServerView = {
    project: name,
    version: packageVersion,
    readOnly,
    ...rest,
    assets: assets.length,
    sources: sources.length,
  }
  const serverSchema = { tags: ["project"], summary: "The server and its project, in short", response: gives("Server") }
  app.get("/api/server", { schema: serverSchema }, async () => server)
  assetRoutes(app, project, log)
  runRoutes(app, log)
  eventRoutes(app, log, stopped)
  app.get("/api/openapi.json", { schema: { hide: true } }, async () => app.swagger())
}

/** Bodies are JSON as it is: the schemas describe it and take nothing away. Errors have code, what, why and fix. */
function answerInJson(app: FastifyInstance): void {
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  app.addHook("onSend", async (_request, reply) => {
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store")
  })
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, _request, reply) => {
    const isRefusal = error.statusCode !== undefined && error.statusCode < 500
    const known = error instanceof AssetsError ? error : isRefusal ? badRequest(error) : unexpected(error)
    reply.code(statuses[known.code] ?? 500).send(errorView(known))
  })
}

function errorView({ code, message, why, fix }: AssetsError): ErrorView {
  return { code, what: maskSecrets(message), why: maskSecrets(why), fix: maskSecrets(fix) }
}

const statuses: { readonly [code: string]: number } = {
  ARGUMENT_INVALID: 400,
  ENVIRONMENT_UNKNOWN: 400,
  SERVER_TOKEN_WRONG: 401,
  SERVER_REQUEST_REFUSED: 403,
  RUN_UNKNOWN: 404,
  ASSET_UNKNOWN: 404,
  SERVER_PATH_UNKNOWN: 404,
  SERVER_PAGE_MISSING: 503,
  STORAGE_BUSY: 503,
  EVENT_LOG_LOCKED: 503,
}

function badRequest(error: Error): AssetsError {
  return new ConfigError("ARGUMENT_INVALID", {
    what: `The request is not one that the server takes: ${error.message}.`,
    why: "Each route tells its parameters in /api/openapi.json.",
    fix: "Correct the named part of the address.",
    cause: error,
  })
}

function unexpected(error: Error): AssetsError {
  return new StorageError("SERVER_FAILED", {
    what: "The server could not answer the request.",
    why: error.message,
    fix: "Try again; when it stays, report it with what the server printed.",
    cause: error,
  })
}
