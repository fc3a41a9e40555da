import { randomUUID } from "node:crypto"
import { ConfigError, type IOContext, isS3Url, type Json, objectStore } from "@assets/core"
import type { AssetTable } from "../table/asset-table.ts"
import { FolderPlace } from "../table/folder-place.ts"
import { ObjectPlace } from "../table/object-place.ts"
import type { TablePlace } from "../table/table-place.ts"
import { keySegments } from "../table/table-root.ts"
import type { Tables } from "../table/tables.ts"
import { IcebergTable } from "./iceberg-table.ts"
import type { Beginning, MetadataVersion } from "./metadata-log.ts"
import { RestCatalog, type TableName } from "./rest-catalog.ts"
import type { RestCatalogOptions } from "./rest-catalog-options.ts"
import { RestLog } from "./rest-log.ts"

/** Tables that a REST catalog knows by name: it says where each lies. */
export class CatalogTables implements Tables {
  readonly name = "iceberg"
  readonly #options: RestCatalogOptions
  /** By their options. */
  readonly #catalogs = new Map<string, RestCatalog>()
  /** By key. */
  readonly #tables = new Map<string, { readonly location: string; readonly table: IcebergTable }>()
  /** Places of tables that are not there yet, by key. */
  readonly #staged = new Map<string, Promise<Beginning>>()

  constructor(options: RestCatalogOptions) {
    this.#options = options
  }

  describe(): { readonly [option: string]: Json } {
    const options = Object.entries(this.#options).map(([name, text]) => [`catalog.${name}`, text] as const)
    return { format: "iceberg", ...Object.fromEntries(options) }
  }

  refusal(): undefined {}

  async find(context: IOContext, key: string): Promise<AssetTable | undefined> {
    const { catalog, name } = this.#named(context, key)
    const loaded = await catalog.load(name)
    if (!loaded) return undefined
    this.#staged.delete(key)
    const { location } = loaded.metadata
    return this.#table(catalog, key, { name, beginning: freshAt(location), loaded })
  }

  async open(context: IOContext, key: string): Promise<AssetTable> {
    const found = await this.find(context, key)
    if (found) return found
    const { catalog, name } = this.#named(context, key)
    const staged = this.#staged.get(key) ?? catalog.stage(name)
    this.#staged.set(key, staged)
    staged.catch(() => this.#staged.delete(key))
    return this.#table(catalog, key, { name, beginning: await staged })
  }

  forget({ key }: AssetTable): void {
    this.#tables.delete(key)
  }

  async examine(context: IOContext): Promise<string> {
    const { catalog } = this.#catalog(context)
    await catalog.examine()
    return `The catalog ${catalog.uri} answers.`
  }

  async #table(
    catalog: RestCatalog,
    key: string,
    about: { readonly name: TableName; readonly beginning: Beginning; readonly loaded?: MetadataVersion },
  ): Promise<IcebergTable> {
    const address = await catalog.url(about.name)
    const { location } = about.beginning
    const known = this.#tables.get(key)
    if (known?.location === location) return known.table
    const place = placeAt(location, key)
    const table = new IcebergTable(place, key, place.root, new RestLog(catalog, { ...about, address }))
    this.#tables.set(key, { location, table })
    return table
  }

  #named(context: IOContext, key: string): { readonly catalog: RestCatalog; readonly name: TableName } {
    const { catalog, options } = this.#catalog(context)
    const segments = keySegments(key)
    const levels = options.namespace === undefined ? [] : options.namespace.split(".")
    const namespace = [...levels, ...segments.slice(0, -1)]
    if (namespace.length > 0) return { catalog, name: { namespace, name: segments.at(-1) ?? "" } }
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `${key} has no namespace in the catalog.`,
      why: "Tables of a catalog are in namespaces: those that the key names, below the one of the options.",
      fix: 'Give the catalog a namespace: tableIO({ format: "iceberg", catalog: { …, namespace: "assets" } }).',
      details: { key },
    })
  }

  #catalog(context: IOContext): { readonly catalog: RestCatalog; readonly options: RestCatalogOptions } {
    const expanded = Object.entries(this.#options).map(([name, text]) => [name, context.expand(text)])
    const options = Object.fromEntries(expanded) as RestCatalogOptions // the same names
    const told = JSON.stringify(options)
    const catalog = this.#catalogs.get(told) ?? new RestCatalog(options)
    this.#catalogs.set(told, catalog)
    return { catalog, options }
  }
}

/** What a table begins with that takes the place of one that somebody drops. */
function freshAt(location: string): Beginning {
  return { "table-uuid": randomUUID(), location, properties: {} }
}

/** @throws ConfigError `ENVIRONMENT_UNSUPPORTED` for a place that this process does not reach */
function placeAt(location: string, key: string): TablePlace {
  const url = location.replace(/^s3[an]:/i, "s3:").replace(/\/+$/, "")
  if (isS3Url(url)) return new ObjectPlace(objectStore(), url)
  const path = url.replace(/^file:\/*/i, "/")
  if (path.startsWith("/")) return new FolderPlace(path)
  throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `The catalog keeps the table of ${key} at ${location}, which is not reached from here.`,
    why: "This version keeps Iceberg tables on S3 and stores that speak its language, and on disks of this machine.",
    fix: "Give the catalog a warehouse with an address s3://… or file:///….",
    details: { key, location },
  })
}
