import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { AssetsError, ConfigError } from "@assets/core"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"

/** Where `vite build` puts the page: beside the compiled server, or, when run from source, in the package's dist. */
export function webFolder(): string | undefined {
  const folders = ["./web/", "../dist/web/"].map(path => fileURLToPath(new URL(path, import.meta.url)))
  return folders.find(folder => existsSync(`${folder}index.html`))
}

/**
 * Serves the page: its files, and for every other path that is not the API's the same HTML, which reads the
 * path. Without a folder it says how the page is built.
 */
export async function servePage(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder !== undefined) {
    const { default: fastifyStatic } = await import("@fastify/static")
    await app.register(fastifyStatic, {
      root: folder,
      preCompressed: true,
      // Names under static/ hold a hash of the content; the HTML that names them does not.
      setHeaders: (reply, path) => {
        const hashed = path.startsWith(`${folder}static/`)
        reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache")
      },
    })
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?")[0] ?? ""
    if (isApi(path) || !isRead(request)) throw unknownPath(request)
    if (folder === undefined) return sayMissing(request, reply)
    // A file that is gone must not be answered by HTML: a page of a former build asks for it.
    if (path.startsWith("/static/")) throw unknownPath(request)
    return reply.sendFile("index.html")
  })
}

const isApi = (path: string) => path === "/api" || path.startsWith("/api/")
const isRead = (request: FastifyRequest) => request.method === "GET" || request.method === "HEAD"

function unknownPath(request: FastifyRequest): AssetsError {
  return new ConfigError("SERVER_PATH_UNKNOWN", {
    what: `The server has nothing at ${request.method} ${request.url.split("?")[0]}.`,
    why: "No route of the API and no file of the page has this method and path.",
    fix: "See /api/openapi.json for the routes.",
  })
}

function sayMissing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = new AssetsError("SERVER_PAGE_MISSING", {
    what: "The page has not been built.",
    why: "The server runs from sources in which packages/ui/dist/web is missing. The API works without it.",
    fix: "Run 'npm run build:web -w @assets/ui' in the repository, and restart the server.",
  })
  if (!request.headers.accept?.includes("text/html")) throw error
  return reply.code(503).type("text/plain; charset=utf-8").send(`${error.message}\n${error.why}\n${error.fix}\n`)
}
