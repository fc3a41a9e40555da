import {
  AssetsError,
  EngineError,
  isGcsUrl,
  isHdfsUrl,
  isObjectUrl,
  isS3Url,
  type ObjectStoreFault,
  objectStoreFailure,
  StorageError,
} from "@assets/core"
import { wrongValue } from "./checked-cast.ts"
import { lostValue } from "./orc/orc-values.ts"

export interface Place {
  /** The folder that is written. */
  readonly target?: string
  /** Where the server lays aside what does not fit in memory; undefined where that is not known. */
  readonly spill?: string
}

/** What work on files through Spark failed by, as what it is for the data; else the error itself. */
export function storageErrorOf(error: unknown, place: Place): unknown {
  return (error instanceof AssetsError ? storageError(error, place) : ofFileSystem(error, place)) ?? error
}

/** What this process's own work on the written folder failed by. */
function ofFileSystem(error: unknown, { target }: Place): StorageError | undefined {
  if (target === undefined) return undefined
  const { code = "", message } = error as NodeJS.ErrnoException
  if (code === "ENOTEMPTY" || code === "EEXIST") return conflict(target, error)
  if (code === "ENOSPC" || code === "EDQUOT") return full(target, message, error)
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return undefined
  return new StorageError("STORAGE_UNWRITABLE", {
    what: `${target} may not be written.`,
    why: message,
    fix: "Give this user the right to write there.",
    details: { path: target },
    cause: error,
  })
}

function conflict(target: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `Something has written to ${target} meanwhile.`,
    why: "Each write has a folder of its own, and another one has made it.",
    fix: "Run again: the write then gets another folder.",
    details: { path: target },
    cause,
  })
}

function full(path: string, why: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_FULL", {
    what: `The disk is full at ${path}.`,
    why,
    fix: "Free space there, or store elsewhere, and run again.",
    details: { path },
    cause,
  })
}

/** Spark says that a disk is full, and not which. */
function fullAt(error: AssetsError, { target, spill }: Place): StorageError {
  // Of disks Spark says so in the words of the system, of HDFS in those of the namenode.
  if (target !== undefined && isHdfsUrl(target) && !/No space left on device|Disk quota exceeded/.test(error.why)) {
    return objectStoreFailure("full", target, error.why, error)
  }
  const places = [
    ...(target === undefined ? [] : [`${target}, which is written`]),
    spill === undefined
      ? "the spark.local.dir of the cluster's machines"
      : `${spill}, where Spark lays aside (TMPDIR moves it)`,
  ]
  return new StorageError("STORAGE_FULL", {
    what: `A disk is full: that of ${places.join(", or that of ")}.`,
    why: error.why,
    fix: `Free space there, and run again: df -h ${[target, spill].filter(path => path !== undefined).join(" ")}`.trimEnd(),
    details: { ...error.details, ...(target !== undefined && { path: target }), ...(spill !== undefined && { spill }) },
    cause: error,
  })
}

type Mapping = (told: Told, place: Place) => AssetsError | undefined

/** What Spark said of a failed query. */
interface Told {
  readonly condition: string
  /** The message and those of its causes. */
  readonly text: string
  readonly path: string | undefined
  readonly cause: AssetsError
}

/** The first mapping that knows the failure wins. */
const mappings: readonly Mapping[] = [objectStoreFailed, denied, taken, missing, wrong, lost, malformed, damaged]

function storageError(error: AssetsError, place: Place): AssetsError | undefined {
  if (error.code === "STORAGE_FULL") return fullAt(error, place)
  if (error.code !== "ENGINE_QUERY_FAILED") return undefined
  const { condition = "", message = "", causes = [] } = error.details as { readonly [name: string]: unknown }
  const text = [message, ...(Array.isArray(causes) ? causes : [])].join("\n")
  const told = { condition: String(condition), text, path: pathIn(text), cause: error }
  for (const mapping of mappings) {
    const mapped = mapping(told, place)
    if (mapped) return mapped
  }
  return undefined
}

/** Hadoop says of a folder only that it could not be made. */
const refused =
  /Permission denied|AccessControlException|Operation not permitted|Read-only file system|Mkdirs failed to create/i

/** What Hadoop's client of object stores says. */
const faultsOfS3: readonly (readonly [ObjectStoreFault, RegExp])[] = [
  ["credentials", /^.*(?:NoAuthWithAWS|No AWS Credentials|Unable to load credentials).*$/im],
  ["bucket", /^.*(?:NoSuchBucket|UnknownStoreException|[Bb]ucket .* does not exist).*$/m],
  ["refused", /^.*(?:AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|Status Code: 40[13]).*$/m],
  ["unreachable", /^.*(?:Connection refused|UnknownHostException|Unable to execute HTTP request).*$/m],
]

/** What Google's connector for Hadoop says. */
const faultsOfGcs: typeof faultsOfS3 = [
  ["unreachable", /^.*UnknownHostException.*$/m],
  [
    "credentials",
    /^.*(?:access token from metadata server|credentials (?:were not found|are not available)|credential (?:configuration|file)).*$/im,
  ],
  ["bucket", /The specified bucket does not exist|Bucket '.*' not found/],
  [
    "refused",
    /^.*(?:40[13] (?:Unauthorized|Forbidden)|does not have storage\.|Invalid Credentials|invalid_grant|"code" ?: ?40[13]).*$/m,
  ],
  ["unreachable", /^.*(?:Connection refused|Connection reset|Unexpected end of file|timed out).*$/m],
]

/** What Hadoop's client of HDFS says; that somebody may not do something is told as of other files. */
const faultsOfHdfs: typeof faultsOfS3 = [
  ["unreachable", /^.*(?:Call From .* failed on |No Route to Host from|UnknownHostException|StandbyException).*$/m],
]

/** What Hadoop says where the client of a store is not among Spark's jars. */
const missingClients = [
  {
    pattern: /No FileSystem for scheme "?s3|S3AFileSystem not found/,
    told: {
      what: "Spark has no jars for s3://.",
      why: "The client of Hadoop that reaches object stores comes beside Spark.",
      fix: "assets spark install --with s3; on a cluster of its own, put hadoop-aws among its jars.",
    },
  },
  {
    pattern: /No FileSystem for scheme "?gs|GoogleHadoopFileSystem not found/,
    told: {
      what: "Spark has no jar for gs://.",
      why: "The connector that reaches Google Cloud Storage comes beside Spark.",
      fix: "assets spark install --with gcs; on a cluster of its own, put gcs-connector among its jars.",
    },
  },
]

function objectStoreFailed({ text, path, cause }: Told, { target }: Place): AssetsError | undefined {
  const url = [path, target].find(one => one !== undefined && isObjectUrl(one))
  const missing = missingClients.find(({ pattern }) => pattern.test(text))
  if (missing) return new EngineError("SPARK_MISSING", { ...missing.told, cause })
  if (url === undefined) return undefined
  const faults = isS3Url(url) ? faultsOfS3 : isGcsUrl(url) ? faultsOfGcs : faultsOfHdfs
  const [fault, pattern] = faults.find(([, one]) => one.test(text)) ?? []
  return fault && pattern && objectStoreFailure(fault, url, firstMatch(text, pattern), cause)
}

function denied({ text, path, cause }: Told, { target }: Place): StorageError | undefined {
  if (!refused.test(text)) return undefined
  const isWrite = target !== undefined && (path === undefined || path.startsWith(target) || target.startsWith(path))
  const place = path ?? target
  return new StorageError(isWrite ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${place ?? "A file"} may not be ${isWrite ? "written" : "read"} by Spark.`,
    why: text.split("\n").find(line => refused.test(line)) ?? text,
    fix: `Give the user of the Spark server the right to ${isWrite ? "write" : "read"} there.`,
    ...(place !== undefined && { details: { path: place } }),
    cause,
  })
}

function taken({ condition, cause }: Told, { target }: Place): StorageError | undefined {
  if (condition !== "PATH_ALREADY_EXISTS" || target === undefined) return undefined
  return conflict(target, cause)
}

function missing({ condition, text, path, cause }: Told): StorageError | undefined {
  const isMissing = condition === "PATH_NOT_FOUND" || condition === "FAILED_READ_FILE.FILE_NOT_EXIST"
  if ((!isMissing && !/FileNotFoundException|NoSuchFileException/.test(text)) || path === undefined) return undefined
  if (isOfVersion(path)) {
    return new StorageError("STORAGE_DATA_MISSING", {
      what: `${path} is no longer there.`,
      why: "The version that it belongs to was removed in the meantime, or the file was deleted by hand.",
      fix: "Run again: the step then reads what is current.",
      details: { path },
      cause,
    })
  }
  return new StorageError("SOURCE_FILE_MISSING", {
    what: `The file ${path} is not there.`,
    why: "It was moved or deleted after it was found, it never was there, or Spark runs where it is not seen.",
    fix: "Put it back, correct the path of the source, or materialize the asset that makes it again.",
    details: { path },
    cause,
  })
}

function wrong({ text, cause }: Told): StorageError | undefined {
  const found = wrongValue(text)
  if (!found) return undefined
  const { file, column, type, value } = found
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `The column '${column}' of ${file} holds '${value}', which is no ${type}.`,
    why: `The source declares the column as ${type}.`,
    fix: "Correct the file, or declare the column as t.string and convert it with tryCast.",
    details: { file, column },
    cause,
  })
}

function lost({ text, cause }: Told): StorageError | undefined {
  const found = lostValue(text)
  if (!found) return undefined
  const { column, type, value } = found
  return new StorageError("STORAGE_VALUE_LOST", {
    what: `The column '${column}' holds ${value}, which ORC would give back as another value.`,
    why: "Spark's ORC knows no days from 1582-10-05 to 1582-10-14, and takes instants in the last second before 1970 for some after it.",
    fix:
      type === "timestamp"
        ? "Keep the column as t.timestampNtz, or the asset with deltaIO."
        : "Keep the asset with deltaIO, or the column as t.string.",
    details: { column, type, value },
    cause,
  })
}

function malformed({ condition, text, path, cause }: Told): StorageError | undefined {
  if (!condition.startsWith("MALFORMED_RECORD_IN_PARSING") && !/MALFORMED_RECORD_IN_PARSING/.test(text))
    return undefined
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `A record${path ? ` of ${path}` : ""} is not what the source declares.`,
    why: firstMatch(text, /^.*MALFORMED_RECORD_IN_PARSING.*$/m),
    fix: "Correct the file, or declare the column as t.string and convert it with tryCast.",
    ...(path !== undefined && { details: { file: path } }),
    cause,
  })
}

function damaged({ condition, text, path, cause }: Told): StorageError | undefined {
  const isUnreadable =
    condition.startsWith("FAILED_READ_FILE") ||
    /CANNOT_READ_FILE_FOOTER|Could not read footer|is not a Parquet file/.test(text)
  if (!isUnreadable || path === undefined) return undefined
  const isOwn = isOfVersion(path)
  return new StorageError(isOwn ? "STORAGE_CORRUPT" : "SOURCE_DATA_INVALID", {
    what: isOwn ? `${path} is damaged.` : `${path} cannot be read in the format that its source declares.`,
    why: lastCause(cause) ?? firstMatch(text, /^.+$/m),
    fix: isOwn
      ? "Materialize its asset again with --force, or restore the file from a backup."
      : "Correct or replace the file, or read it with the reader of its format.",
    details: { path },
    cause,
  })
}

/** The innermost cause says most. */
function lastCause({ details }: AssetsError): string | undefined {
  const { causes } = details as { readonly causes?: readonly unknown[] }
  return Array.isArray(causes) && causes.length > 0 ? String(causes.at(-1)).split("\n")[0] : undefined
}

/** Whether a file belongs to a version that parquetIO has stored. */
function isOfVersion(path: string): boolean {
  return /[\\/]_versions[\\/][^\\/]+[\\/]/.test(path)
}

function pathIn(text: string): string | undefined {
  const path =
    /\b(?:file:(?:\/\/)?)(\/[^\s"'`]*[^\s"'`.,;:)\]])/.exec(text)?.[1] ??
    /\b[a-z0-9]+:\/\/[^\s"'`]*[^\s"'`.,;:)\]]/.exec(text)?.[0]
  return path?.replace(/^s3a:/, "s3:")
}

function firstMatch(text: string, pattern: RegExp): string {
  return (pattern.exec(text)?.[0] ?? text).slice(0, 2000)
}
