import type { S3Client } from "@aws-sdk/client-s3"
import { s3Failure } from "./object-store-failure.ts"

type Variables = { readonly [name: string]: string | undefined }

/** How S3 is reached, for engines that read and write it by themselves. */
export interface S3Access {
  /** Of a store other than Amazon's: `http://127.0.0.1:9000`. Its buckets are in the path, not in the name of the host. */
  readonly endpoint?: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The store that the variables name; undefined for Amazon's own. */
export function s3Endpoint(env: Variables = process.env): string | undefined {
  return env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined
}

/** The region that the variables name; a store of one's own asks for none. */
export function s3Region(env: Variables = process.env): string | undefined {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || (s3Endpoint(env) && "us-east-1") || undefined
}

/** The SDK warns of each Node that it will not support for ever; which Node is needed is this product's to say. */
const warningSwitch = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"

/** What a client is made anew for when it changes. */
function stateOf(env: Variables): string {
  return JSON.stringify(
    Object.entries(env)
      .filter(([name]) => name.startsWith("AWS_") && name !== warningSwitch)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

let made: { readonly state: string; readonly client: Promise<S3Client> } | undefined

/** The one client of this process, for the variables as they are now. */
export function s3Client(): Promise<S3Client> {
  const state = stateOf(process.env)
  if (made?.state !== state) {
    made = { state, client: makeClient() }
    made.client.catch(() => {
      made = undefined
    })
  }
  return made.client
}

async function makeClient(): Promise<S3Client> {
  process.env[warningSwitch] ??= "true"
  const { S3Client } = await import("@aws-sdk/client-s3")
  const [endpoint, region] = [s3Endpoint(), s3Region()]
  return new S3Client({
    ...(region !== undefined && { region }),
    // Other stores know neither buckets in the names of hosts nor the checksums that Amazon's takes by now.
    ...(endpoint !== undefined && {
      endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000, httpAgent: agent, httpsAgent: agent },
  })
}

const agent = { maxSockets: 64, keepAlive: true }

/**
 * The credentials that AWS's own order finds (variables, profile, role), the endpoint and the region.
 * @throws StorageError `STORAGE_ACCESS_REFUSED` when there are none
 */
export async function s3Access(url: string): Promise<S3Access> {
  const client = await s3Client()
  try {
    const [{ accessKeyId, secretAccessKey, sessionToken }, region] = await Promise.all([
      client.config.credentials(),
      client.config.region(),
    ])
    const endpoint = s3Endpoint()
    return {
      region,
      accessKeyId,
      secretAccessKey,
      ...(endpoint !== undefined && { endpoint }),
      ...(sessionToken !== undefined && { sessionToken }),
    }
  } catch (error) {
    throw s3Failure(error, url, "read")
  }
}
