import { randomUUID } from "node:crypto"
import type { Beginning, MetadataVersion } from "./metadata-log.ts"
import type { RestCatalogOptions } from "./rest-catalog-options.ts"
import { type Answer, isAbsent, RestClient, requestFailed } from "./rest-client.ts"
import type { RestCommit } from "./rest-commit.ts"
import { formatWide, parseWide, type TableMetadata } from "./table-metadata.ts"

/** What a catalog calls a table. */
export interface TableName {
  readonly namespace: readonly string[]
  readonly name: string
}

/** Where the catalog wants requests, as it tells at the beginning. */
interface Addresses {
  readonly base: string
  readonly separator: string
}

/** What a catalog tells of a table. */
interface TableAnswer {
  readonly metadata: TableMetadata
  readonly "metadata-location"?: string
}

interface ConfigAnswer {
  readonly defaults?: { readonly [name: string]: string }
  readonly overrides?: { readonly [name: string]: string }
}

/** A catalog of Iceberg behind its REST API. */
export class RestCatalog {
  readonly #client: RestClient
  readonly #warehouse: string | undefined
  #addresses: Promise<Addresses> | undefined

  constructor(options: RestCatalogOptions) {
    this.#client = new RestClient(options)
    this.#warehouse = options.warehouse
  }

  get uri(): string {
    return this.#client.uri
  }

  /** Asks for nothing but what the catalog is. */
  async examine(): Promise<void> {
    await this.#told()
  }

  /** The table as it is; undefined where there is none. */
  async load(table: TableName): Promise<MetadataVersion | undefined> {
    const url = await this.url(table)
    const answer = await this.#client.get(url)
    if (isAbsent(answer)) return undefined
    if (answer.status !== 200) throw requestFailed(url, answer, "read")
    const { metadata, "metadata-location": stamp } = parseWide<TableAnswer>(answer.text)
    return { metadata, stamp }
  }

  /** Asks for a place for a table that a later commit makes; makes its namespace. */
  async stage({ namespace, name }: TableName): Promise<Beginning> {
    await this.#makeNamespace(namespace)
    const url = `${await this.#namespaceUrl(namespace)}/tables`
    const schema = { type: "struct", "schema-id": 0, fields: [] }
    const body = formatWide({ name, schema, "stage-create": true, properties: { "format-version": "2" } })
    const answer = await this.#client.send({ method: "POST", url, body })
    if (answer.status !== 200) throw requestFailed(url, answer, "write")
    const { metadata } = parseWide<TableAnswer>(answer.text)
    const { "table-uuid": uuid = randomUUID(), location, properties = {} } = metadata
    return { "table-uuid": uuid, location, properties }
  }

  /** Any answer but that access is refused. */
  async commit(table: TableName, commit: RestCommit): Promise<Answer> {
    const { namespace, name } = table
    const body = formatWide({ identifier: { namespace, name }, ...commit })
    return this.#client.send({ method: "POST", url: await this.url(table), body })
  }

  /** Lets a table go, and leaves its files. */
  async drop(table: TableName): Promise<void> {
    const url = await this.url(table)
    const answer = await this.#client.send({ method: "DELETE", url: `${url}?purgeRequested=false` })
    if (answer.status >= 300 && !isAbsent(answer)) throw requestFailed(url, answer, "write")
  }

  /** The address of a table. */
  async url({ namespace, name }: TableName): Promise<string> {
    return `${await this.#namespaceUrl(namespace)}/tables/${encodeURIComponent(name)}`
  }

  async #makeNamespace(namespace: readonly string[]): Promise<void> {
    const found = await this.#client.get(await this.#namespaceUrl(namespace))
    if (!isAbsent(found)) return // there, or the catalog does not tell: then what follows says why
    const url = `${(await this.#told()).base}/namespaces`
    for (let levels = 1; levels <= namespace.length; levels++) {
      const body = formatWide({ namespace: namespace.slice(0, levels), properties: {} })
      const answer = await this.#client.send({ method: "POST", url, body })
      if (answer.status !== 200 && answer.status !== 409) throw requestFailed(url, answer, "write")
    }
  }

  async #namespaceUrl(namespace: readonly string[]): Promise<string> {
    const { base, separator } = await this.#told()
    return `${base}/namespaces/${namespace.map(encodeURIComponent).join(separator)}`
  }

  #told(): Promise<Addresses> {
    this.#addresses ??= this.#ask().catch(error => {
      this.#addresses = undefined
      throw error
    })
    return this.#addresses
  }

  async #ask(): Promise<Addresses> {
    const warehouse = this.#warehouse === undefined ? "" : `?${new URLSearchParams({ warehouse: this.#warehouse })}`
    const url = `${this.uri}/v1/config${warehouse}`
    const answer = await this.#client.get(url)
    if (answer.status !== 200) throw requestFailed(url, answer, "read")
    const { defaults, overrides } = JSON.parse(answer.text) as ConfigAnswer // of the REST API
    const { uri = this.uri, prefix, "namespace-separator": separator = "%1F" } = { ...defaults, ...overrides }
    return { base: `${uri.replace(/\/+$/, "")}/v1${prefix ? `/${prefix}` : ""}`, separator }
  }
}
