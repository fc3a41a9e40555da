import { AssetsError, StorageError } from "../errors/assets-error.ts"
import type { ErrorCode } from "../errors/error-code.ts"
import { isGcsUrl, isHdfsUrl } from "./object-url.ts"

/** Why an object store did not do what it was asked for. */
export type ObjectStoreFault = "credentials" | "refused" | "bucket" | "unreachable" | "full"

/** What is to be typed about a fault, for a URL and its bucket, or its namenode. */
type Fixes = { readonly [fault in ObjectStoreFault]: (bucket: string, url: string) => string }

const fixesOfS3: Fixes = {
  credentials: () => "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role.",
  refused: bucket =>
    `Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE), or give them s3:ListBucket on ${bucket} and s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload on its objects.`,
  bucket: bucket =>
    `Make it: aws s3 mb s3://${bucket}; or correct the URL. A bucket of another account or region may look the same.`,
  unreachable: () =>
    "Look whether AWS_ENDPOINT_URL_S3 (or AWS_ENDPOINT_URL) names the store, and the network lets this machine reach it: curl -I $AWS_ENDPOINT_URL_S3.",
  full: () => "Free space in the store, or raise its quota, and run again.",
}

const fixesOfGcs: Fixes = {
  credentials: () =>
    "gcloud auth application-default login; or let GOOGLE_APPLICATION_CREDENTIALS name the file of a key, or give this machine a service account.",
  refused: bucket =>
    `Correct GOOGLE_APPLICATION_CREDENTIALS, or give its account the right to read and write objects: gcloud storage buckets add-iam-policy-binding gs://${bucket} --member=serviceAccount:NAME --role=roles/storage.objectUser`,
  bucket: bucket => `Make it: gcloud storage buckets create gs://${bucket}; or correct the URL.`,
  unreachable: () =>
    "Look whether the network lets this machine reach the store: curl -I https://storage.googleapis.com; where STORAGE_EMULATOR_HOST is set, that one is asked: unset STORAGE_EMULATOR_HOST.",
  full: fixesOfS3.full,
}

const fixesOfHdfs: Fixes = {
  ...fixesOfS3,
  refused: () =>
    "Let HADOOP_USER_NAME name a user with the right to read and write there, or give the right to this one: hdfs dfs -chown, hdfs dfs -chmod.",
  unreachable: namenode =>
    `Look whether HADOOP_CONF_DIR names the folder with the cluster's hdfs-site.xml (dfs.namenode.http-address; without it port 9870 of ${namenode.replace(/:\d+$/, "")} is asked), and the network lets this machine reach the namenode and the datanodes by HTTP.`,
  full: (_, url) =>
    `Free space there, or raise the quota of the folder, and run again: hdfs dfs -count -q -h ${url.slice(0, url.lastIndexOf("/"))}; hdfs dfsadmin -report.`,
}

const texts: { readonly [fault in ObjectStoreFault]: readonly [ErrorCode, (url: string, bucket: string) => string] } = {
  credentials: ["STORAGE_ACCESS_REFUSED", url => `There are no credentials for ${url}.`],
  refused: ["STORAGE_ACCESS_REFUSED", url => `The store refused access to ${url}.`],
  bucket: ["STORAGE_BUCKET_MISSING", (_, bucket) => `There is no bucket '${bucket}'.`],
  full: ["STORAGE_FULL", url => `There is no room left for ${url}.`],
  unreachable: ["STORAGE_UNREACHABLE", url => `The store of ${url} cannot be reached.`],
}

/** What an object store failed by, as what is to be done about it. */
export function objectStoreFailure(fault: ObjectStoreFault, url: string, why: string, cause: unknown): StorageError {
  const bucket = /^[a-z0-9]+:\/\/([^/]+)/i.exec(url)?.[1] ?? url
  const fixes = isHdfsUrl(url) ? fixesOfHdfs : isGcsUrl(url) ? fixesOfGcs : fixesOfS3
  const [code, what] = texts[fault]
  return new StorageError(code, {
    what: what(url, bucket),
    why,
    fix: fixes[fault](bucket, url),
    details: { url },
    cause,
  })
}

interface Answered {
  readonly doing: "read" | "write"
  readonly status: number | undefined
  readonly why: string
}

/** What a store answers that is none of the faults above. */
export function storeAnswered(url: string, { doing, status, why }: Answered, cause: unknown): StorageError {
  return new StorageError(doing === "write" ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${url} could not be ${doing === "write" ? "written" : "read"}.`,
    why: `The store answers ${status ?? "nothing"}. ${why}`,
    fix: "Look at the store; when it answers again, run again.",
    details: { url, ...(status !== undefined && { status }) },
    cause,
  })
}

const refusals = new Set([
  "AccessDenied",
  "Forbidden",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "InvalidToken",
  "TokenRefreshRequired",
  "RequestTimeTooSkewed",
])

/** Turns what the client of S3 threw into an error that says what to do. Errors of this product pass through. */
export function s3Failure(cause: unknown, url: string, doing: "read" | "write"): AssetsError {
  if (cause instanceof AssetsError) return cause
  const { name = "", message = String(cause), code = "", $metadata } = cause as S3Error // each field may be missing
  const why = `${code || name}${message && message !== name ? `: ${message}` : ""}`
  const status = $metadata?.httpStatusCode
  if (name === "CredentialsProviderError") return objectStoreFailure("credentials", url, why, cause)
  if (refusals.has(name) || status === 401 || status === 403) return objectStoreFailure("refused", url, why, cause)
  if (name === "NoSuchBucket") return objectStoreFailure("bucket", url, why, cause)
  const isUnreachable = /^(ECONN|ENOTFOUND|EAI_|EHOST|ENETUNREACH|EPIPE|ETIMEDOUT|CERT_|ERR_TLS)/.test(code)
  if (isUnreachable || name === "TimeoutError" || /Region is missing/.test(message)) {
    return objectStoreFailure("unreachable", url, why, cause)
  }
  return storeAnswered(url, { doing, status, why }, cause)
}

interface S3Error {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}
