import { ConfigError, EngineError, isObjectUrl, isS3Url, type S3Access, s3Access } from "@assets/core"
import { bottomUp, type Relation } from "@assets/dataframe"
import type { DuckDBInstance } from "@duckdb/node-api"
import type { Extensions } from "./extension.ts"
import { quoteName, quoteText } from "./sql-text.ts"

/** The URLs on object stores that a relation reads. @throws ConfigError `ENVIRONMENT_UNSUPPORTED` for those of Spark alone */
export function objectUrlsOf(relation: Relation): string[] {
  const urls = bottomUp(relation).flatMap(node => (node.kind === "files" ? node.paths.filter(isObjectUrl) : []))
  const unreached = urls.find(url => !isS3Url(url))
  if (unreached !== undefined) throw forSparkAlone(unreached)
  return urls
}

function forSparkAlone(url: string): ConfigError {
  const scheme = url.slice(0, url.indexOf("://")).toLowerCase()
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `DuckDB does not read ${url}.`,
    why: `Files on ${scheme}:// are read and written by Spark; the engine duckdb does not reach them.`,
    fix: "Use engine: spark(), or let the source name a folder or an s3:// URL.",
    details: { url },
  })
}

/** Lets an instance reach the buckets that statements name, with the credentials as they are at that time. */
export class ObjectAccess {
  readonly #instance: DuckDBInstance
  readonly #extensions: Extensions
  #last: Promise<void> = Promise.resolve()
  /** By bucket, the secret that the instance has. */
  readonly #known = new Map<string, string>()

  constructor(instance: DuckDBInstance, extensions: Extensions) {
    this.#instance = instance
    this.#extensions = extensions
  }

  /** @throws EngineError `ENGINE_EXTENSION_MISSING`; StorageError `STORAGE_ACCESS_REFUSED` without credentials */
  async allow(urls: readonly string[]): Promise<void> {
    const buckets = new Set(urls.map(url => url.split("/", 3).join("/")))
    if (buckets.size === 0) return
    // One after the other: two statements that make one secret would meet.
    const allowed = this.#last.then(() => this.#allowBuckets(buckets))
    this.#last = allowed.catch(() => {})
    await allowed
  }

  async #allowBuckets(buckets: ReadonlySet<string>): Promise<void> {
    const connection = await this.#instance.connect()
    try {
      await this.#extensions.load("httpfs")
      for (const bucket of buckets) {
        const statement = secretStatement(bucket, await s3Access(bucket))
        if (this.#known.get(bucket) === statement) continue
        await connection.run(statement).catch(() => {
          throw refusedSecret(bucket) // without what DuckDB says: it may repeat the statement
        })
        this.#known.set(bucket, statement)
      }
    } finally {
      connection.closeSync()
    }
  }
}

/** In the memory of the instance alone; of one bucket, so that no other store is given the keys. */
function secretStatement(bucket: string, access: S3Access): string {
  const { endpoint, region, accessKeyId, secretAccessKey, sessionToken } = access
  const url = endpoint === undefined ? undefined : new URL(endpoint)
  const options = [
    "TYPE s3",
    "PROVIDER config",
    `SCOPE ${quoteText(`${bucket}/`)}`,
    `KEY_ID ${quoteText(accessKeyId)}`,
    `SECRET ${quoteText(secretAccessKey)}`,
    `REGION ${quoteText(region)}`,
    ...(sessionToken === undefined ? [] : [`SESSION_TOKEN ${quoteText(sessionToken)}`]),
    ...(url ? [`ENDPOINT ${quoteText(url.host)}`, "URL_STYLE 'path'", `USE_SSL ${url.protocol === "https:"}`] : []),
  ]
  return `CREATE OR REPLACE TEMPORARY SECRET ${quoteName(`assets ${bucket}`)} (${options.join(", ")})`
}

function refusedSecret(bucket: string): EngineError {
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: `DuckDB did not take the credentials of ${bucket}.`,
    why: "It refused the statement that would give them to it.",
    fix: "Look at AWS_ENDPOINT_URL_S3 and AWS_REGION: one of them is not of the form that DuckDB reads.",
  })
}
