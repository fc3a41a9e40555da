import { AssetsError, StorageError } from "../errors/assets-error.ts"
import { isHdfsUrl } from "./object-url.ts"

/** Why an object store did not do what it was asked for. */
export type ObjectStoreFault = "credentials" | "refused" | "bucket" | "unreachable" | "full"

/** What to do about a store of S3's language. */
const fixesOfS3 = {
  refused: (bucket: string) =>
    `Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE), or give them s3:ListBucket on ${bucket} and s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload on its objects.`,
  unreachable: (_bucket: string) =>
    "Look whether AWS_ENDPOINT_URL_S3 (or AWS_ENDPOINT_URL) names the store, and the network lets this machine reach it: curl -I $AWS_ENDPOINT_URL_S3.",
}

const fixesOfHdfs: typeof fixesOfS3 = {
  refused: () =>
    "Let HADOOP_USER_NAME name a user with the right to read and write there, or give the right to this one: hdfs dfs -chown, hdfs dfs -chmod.",
  unreachable: namenode =>
    `Look whether HADOOP_CONF_DIR names the folder with the cluster's hdfs-site.xml (dfs.namenode.http-address; without it port 9870 of ${namenode.replace(/:\d+$/, "")} is asked), and the network lets this machine reach the namenode and the datanodes by HTTP.`,
}

/** What an object store failed by, as what is to be done about it. */
export function objectStoreFailure(fault: ObjectStoreFault, url: string, why: string, cause: unknown): StorageError {
  const bucket = /^[a-z0-9]+:\/\/([^/]+)/i.exec(url)?.[1] ?? url
  const fixes = isHdfsUrl(url) ? fixesOfHdfs : fixesOfS3
  const more = { why, details: { url }, cause }
  switch (fault) {
    case "credentials":
      return new StorageError("STORAGE_ACCESS_REFUSED", {
        what: `There are no credentials for ${url}.`,
        fix: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role.",
        ...more,
      })
    case "refused":
      return new StorageError("STORAGE_ACCESS_REFUSED", {
        what: `The store refused access to ${url}.`,
        fix: fixes.refused(bucket),
        ...more,
      })
    case "bucket":
      return new StorageError("STORAGE_BUCKET_MISSING", {
        what: `There is no bucket '${bucket}'.`,
        fix: `Make it: aws s3 mb s3://${bucket}; or correct the URL. A bucket of another account or region may look the same.`,
        ...more,
      })
    case "full":
      return new StorageError("STORAGE_FULL", {
        what: `There is no room left for ${url}.`,
        fix: `Free space there, or raise the quota of the folder, and run again: hdfs dfs -count -q -h ${url.slice(0, url.lastIndexOf("/"))}; hdfs dfsadmin -report.`,
        ...more,
      })
    case "unreachable":
      return new StorageError("STORAGE_UNREACHABLE", {
        what: `The store of ${url} cannot be reached.`,
        fix: fixes.unreachable(bucket),
        ...more,
      })
  }
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
  return new StorageError(doing === "write" ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${url} could not be ${doing === "write" ? "written" : "read"}.`,
    why: `The store answers ${status ?? "nothing"}. ${why}`,
    fix: "Look at the store; when it answers again, run again.",
    details: { url, ...(status !== undefined && { status }) },
    cause,
  })
}

interface S3Error {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}
