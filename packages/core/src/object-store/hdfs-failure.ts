import { AssetsError, ConfigError, StorageError } from "../errors/assets-error.ts"
import { objectStoreFailure } from "./object-store-failure.ts"
import { toldByFetch } from "./told-by-fetch.ts"

/** What a namenode or a datanode says when it does not do what it is asked for: an exception of Java. */
export class RemoteFailure extends Error {
  readonly exception: string
  readonly status: number

  constructor(exception: string, message: string, status: number) {
    super(message)
    this.exception = exception
    this.status = status
  }
}

/** No answer of HDFS at all, or one of something else. */
export class NoAnswer extends Error {}

/** A quota is used up, or no datanode has room. */
const full = /QuotaExceededException|could only be written to \d+ of/

/** Turns what HDFS failed by into an error that says what to do. Errors of this product pass through. */
export function hdfsFailure(cause: unknown, url: string, doing: "read" | "write"): AssetsError {
  if (cause instanceof AssetsError) return cause
  if (!(cause instanceof RemoteFailure)) return objectStoreFailure("unreachable", url, toldByFetch(cause), cause)
  const { exception, message, status } = cause
  const why = `${exception}: ${message.split("\n")[0]}`
  if (exception === "StandbyException") return objectStoreFailure("unreachable", url, why, cause)
  if (exception === "AccessControlException" || status === 401) return objectStoreFailure("refused", url, why, cause)
  if (full.test(why)) return objectStoreFailure("full", url, why, cause)
  return new StorageError(doing === "write" ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${url} could not be ${doing === "write" ? "written" : "read"}.`,
    why,
    fix: /SafeMode/.test(why)
      ? "The namenode takes no writes while it starts, or by order: hdfs dfsadmin -safemode get. Run again when it has left its safe mode."
      : "Look at the namenode and its log; when it answers again, run again.",
    details: { url, status },
    cause,
  })
}

export function withKerberos(url: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${url} is on a cluster with Kerberos, which this version does not speak to HDFS.`,
    why: "The runner reaches HDFS by WebHDFS, with the name of a user and no ticket.",
    fix: "Keep the assets on s3://, or in a folder of a disk that this machine and the executors see.",
    details: { url },
  })
}

export function withoutNamenode(url: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${url} names no namenode.`,
    why: "HADOOP_CONF_DIR has no core-site.xml whose fs.defaultFS is one.",
    fix: "Write hdfs://HOST:PORT/… with the host of the namenode or the name of the nameservice, or set HADOOP_CONF_DIR.",
    details: { url },
  })
}

export function throughGateway(url: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${url} is not reached by a namenode itself, but by a gateway that renames in the old way alone.`,
    why: "By how a namenode renames, one of two writers is held off; HttpFS does not pass that on.",
    fix: "Let dfs.namenode.http-address of HADOOP_CONF_DIR's hdfs-site.xml name the namenode, and the network reach it.",
    details: { url },
  })
}

export function withSnapshots(url: string, folder: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${url} cannot be replaced: snapshots are taken of ${folder}.`,
    why: "What a snapshot holds is still found by its number after it was replaced, so that of two writers none would be held off.",
    fix: `Keep the assets beside that folder; or hdfs dfs -deleteSnapshot ${folder} NAME, for those of hdfs dfs -ls ${folder}/.snapshot.`,
    details: { url, folder },
  })
}
