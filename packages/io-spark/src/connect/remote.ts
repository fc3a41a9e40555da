import { ConfigError } from "@assets/core"

/** Where a Spark Connect server listens, and as whom. */
export interface Remote {
  readonly host: string
  readonly port: number
  /** Sent as a bearer token with each call. */
  readonly token?: string
  /** TLS is on with a token that leaves this host, and wherever `use_ssl=true` is said. */
  readonly useTls: boolean
  readonly userId?: string
  /** Stands before this product's own name in what the server is told of its client. */
  readonly userAgent?: string
  /** Further headers of each call, `x-databricks-cluster-id`. */
  readonly headers: { readonly [name: string]: string }
}

const defaultPort = 15002

/**
 * Reads Spark's text of a remote, `sc://host:15002/;token=…;use_ssl=true;user_id=…;x-header=…`.
 * @throws ConfigError `CONFIG_INVALID`; its text never holds a value of a parameter, which may be secret
 */
export function parseRemote(text: string): Remote {
  const [, authority, path = ""] = /^sc:\/\/([^/;?#]*)(.*)$/s.exec(text.trim()) ?? []
  if (authority === undefined) throw invalid("it does not begin with sc://")
  const { host, port } = parseAuthority(authority)
  if (!/^(\/?|\/;.*)$/s.test(path)) {
    throw invalid("after the host come only parameters, /;name=value;name=value")
  }
  return remoteOf(host, port, parseParameters(path.slice(2)))
}

/** Whether a host is this machine: what is sent to it leaves no network card. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)
}

function parseAuthority(authority: string): { readonly host: string; readonly port: number } {
  if (authority.includes("@")) throw invalid("a name or password before the host is not used; say token=… or user_id=…")
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(authority) ?? []
  if (!host) throw invalid(`'${authority}' is not a host, or a host and a port`)
  const number = port === undefined ? defaultPort : Number(port)
  if (number < 1 || number > 65_535) throw invalid(`${port} is not a port`)
  return { host, port: number }
}

function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const part of text.split(";")) {
    if (part.trim() === "") continue
    const at = part.indexOf("=")
    const name = part.slice(0, at).trim()
    if (at < 1 || name === "") throw invalid("a parameter is not of the form name=value")
    if (parameters.has(name)) throw invalid(`the parameter '${name}' is given twice`)
    parameters.set(name, decode(name, part.slice(at + 1).trim()))
  }
  return parameters
}

function decode(name: string, value: string): string {
  if (value === "") throw invalid(`the parameter '${name}' has no value`)
  try {
    return decodeURIComponent(value)
  } catch {
    throw invalid(`the value of '${name}' has a % that begins no escape; write %25 for the character itself`)
  }
}

function remoteOf(host: string, port: number, parameters: Map<string, string>): Remote {
  const take = (name: string) => {
    const value = parameters.get(name)
    parameters.delete(name)
    return value
  }
  const [token, userId, userAgent, useSsl] = [take("token"), take("user_id"), take("user_agent"), take("use_ssl")]
  if (useSsl !== undefined && useSsl !== "true" && useSsl !== "false")
    throw invalid("the parameter use_ssl is neither true nor false")
  if (parameters.has("session_id"))
    throw invalid("the parameter session_id is not taken: each session of this product is its own")
  const mayLeave = token !== undefined && !isLoopback(host)
  if (mayLeave && useSsl === "false") throw invalid("with use_ssl=false the token would be sent in the open")
  for (const name of parameters.keys()) {
    if (!/^[0-9a-z_.-]+$/.test(name))
      throw invalid(`'${name}' is not a name of a header: small letters, digits, - and _`)
  }
  return {
    host,
    port,
    ...(token !== undefined && { token }),
    useTls: useSsl === "true" || mayLeave,
    ...(userId !== undefined && { userId }),
    ...(userAgent !== undefined && { userAgent }),
    headers: Object.fromEntries(parameters),
  }
}

function invalid(reason: string): ConfigError {
  return new ConfigError("CONFIG_INVALID", {
    what: "The remote of Spark cannot be read.",
    why: `${reason[0]?.toUpperCase()}${reason.slice(1)}.`,
    fix: "Write it as sc://host:15002, with parameters as sc://host:443/;token=…;use_ssl=true (SPARK_REMOTE, or the option remote of spark()).",
  })
}
