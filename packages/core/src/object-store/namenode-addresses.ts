import type { HadoopSettings } from "./hadoop-settings.ts"

/** What `hdfs://host` means by its port. */
const rpcPort = 8020

/**
 * Where the namenodes of `hdfs://authority` answer by HTTP, to be asked one after the other: by `dfs.namenode.http-address`
 * of the nameservice, or of the namenode with this address; else at Hadoop's own port. Without an authority, as in
 * `hdfs:///lake`, it is that of `fs.defaultFS`; undefined where that names none, either.
 */
export function namenodeAddresses(authority: string, settings: HadoopSettings): readonly string[] | undefined {
  const name = authority || defaultAuthority(settings)
  if (name === undefined) return undefined
  const [scheme, port] = settings.get("dfs.http.policy") === "HTTPS_ONLY" ? ["https", 9871] : ["http", 9870]
  const address = (suffix: string, host: string) => {
    const given = settings.get(`dfs.namenode.${scheme}-address${suffix}`) ?? `${host}:${port}`
    return `${scheme}://${given.replace(/^0\.0\.0\.0:/, `${host}:`)}`
  }
  const rpcAddress = (suffix: string) => settings.get(`dfs.namenode.rpc-address${suffix}`)
  const namenodes = listOf(settings.get("dfs.nameservices")).flatMap(service => {
    const ids = listOf(settings.get(`dfs.ha.namenodes.${service}`))
    return (ids.length > 0 ? ids.map(id => `.${service}.${id}`) : [`.${service}`]).map(suffix => ({ service, suffix }))
  })
  const ofService = namenodes.filter(({ service }) => service === name)
  if (ofService.length > 0) return ofService.map(({ suffix }) => address(suffix, hostOf(rpcAddress(suffix) ?? name)))
  const isOnlyOne = isSame(rpcAddress("") ?? defaultAuthority(settings), name)
  const own = isOnlyOne ? "" : namenodes.find(({ suffix }) => isSame(rpcAddress(suffix), name))?.suffix
  return [own === undefined ? `${scheme}://${hostOf(name)}:${port}` : address(own, hostOf(name))]
}

function defaultAuthority(settings: HadoopSettings): string | undefined {
  return /^hdfs:\/\/([^/]+)/i.exec(settings.get("fs.defaultFS") ?? "")?.[1]
}

function listOf(text = ""): string[] {
  return text.split(",").flatMap(name => name.trim() || [])
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, "")
}

function isSame(address: string | undefined, other: string): boolean {
  const whole = (one: string) => (/:\d+$/.test(one) ? one : `${one}:${rpcPort}`).toLowerCase()
  return address !== undefined && whole(address) === whole(other)
}
