import { createHash, timingSafeEqual } from "node:crypto"
import { ConfigError } from "@assets/core"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"

export interface GuardOptions {
  /** True when the server listens on loopback: then only loopback names may stand in `Host`. */
  readonly loopback: boolean
  readonly token: string | undefined
}

/** Names the token's cookie by port: browsers share cookies among the ports of a host. */
const cookieName = (request: FastifyRequest) => `assets_token_${request.socket.localPort ?? 0}`

const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
}

/** Whether a host name is this machine's loopback: then nobody else can reach a server that listens on it. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase()
  return name === "localhost" || name.endsWith(".localhost") || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name)
}

/** Adds the headers that browsers protect us by, and refuses what another site, or a stranger, sends. */
export function guardRequests(app: FastifyInstance, { loopback, token }: GuardOptions): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders)
    checkHost(request, loopback)
    checkOrigin(request)
    if (token !== undefined) return checkToken(request, reply, token)
  })
}

/** A name of another site that was made to point here (DNS rebinding) is still told by the browser in `Host`. */
function checkHost(request: FastifyRequest, loopback: boolean): void {
  const host = request.headers.host
  const url = host === undefined || host === "" ? undefined : parseUrl(`http://${host}`)
  if (url && (!loopback || isLoopback(url.hostname))) return
  throw new ConfigError("SERVER_REQUEST_REFUSED", {
    what: `The request is for the host ${JSON.stringify(host ?? "")}, which this server is not.`,
    why: "It listens on loopback, and another name for it means that a web site tries to reach it through yours.",
    fix: "Open the address that the server printed, such as http://127.0.0.1:3000.",
  })
}

/** A browser tells the page that a request comes from; only our own may ask. */
function checkOrigin(request: FastifyRequest): void {
  const origin = request.headers.origin
  if (origin === undefined) return
  if (parseUrl(origin)?.host === request.headers.host) return
  throw new ConfigError("SERVER_REQUEST_REFUSED", {
    what: `The request comes from a page of ${JSON.stringify(origin)}.`,
    why: "Pages of other sites may not use this server.",
    fix: "Open the server's own address in the browser, or send the request without an Origin header.",
  })
}

/**
 * Lets a request pass that has the token: as `Authorization: Bearer`, in the cookie, or as `?token=` of a page, which
 * becomes the cookie and leaves the address.
 */
function checkToken(request: FastifyRequest, reply: FastifyReply, token: string): FastifyReply | undefined {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1]
  const cookie = cookieValue(request.headers.cookie, cookieName(request))
  if (isToken(bearer, token) || isToken(cookie, token)) return undefined
  const url = parseUrl(`http://server${request.url}`)
  const isPage = url !== undefined && !url.pathname.startsWith("/api/")
  if (isPage && isToken(url.searchParams.get("token") ?? undefined, token)) {
    url.searchParams.delete("token")
    const value = `${cookieName(request)}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`
    // One slash only: `//host` would lead to another site.
    return reply.header("set-cookie", value).redirect(`/${url.pathname.replace(/^\/+/, "")}${url.search}`)
  }
  if (isPage && request.headers.accept?.includes("text/html")) {
    return reply.code(401).type("text/html; charset=utf-8").send(tokenForm)
  }
  throw new ConfigError("SERVER_TOKEN_WRONG", {
    what: "The request has no token, or not this server's.",
    why: "The server was started with a token, so that only those who know it can read.",
    fix: "Send the header 'Authorization: Bearer TOKEN', or open the page with '?token=TOKEN' once.",
  })
}

const tokenForm = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>Assets</title>
<form><p><label for="token">This server asks for its token (ASSETS_TOKEN).</label></p>
<p><input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open</button></p></form></html>
`

/** Digests are compared, so that the time taken tells neither the length nor the beginning. */
function isToken(given: string | undefined, token: string): boolean {
  if (given === undefined) return false
  const digest = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const [key, value] = part.trim().split("=")
    if (key !== name || value === undefined) continue
    try {
      return decodeURIComponent(value)
    } catch {
      return undefined
    }
  }
  return undefined
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
