import { type AssetsError, EngineError, StorageError } from "@assets/core"
import { status } from "@grpc/grpc-js"
import { conditionFixes } from "./condition-fixes.ts"
import type { Failure } from "./failure.ts"
import { isTlsFailure } from "./retry.ts"

/** What the caller knows of a call that failed. */
export interface CallFacts {
  /** Host and port. */
  readonly remote: string
  /** The way to the server failed, or its time was over. */
  readonly isBroken: boolean
  readonly operationId?: string
  readonly cause?: unknown
}

type Mapping = (failure: Failure, facts: CallFacts) => AssetsError | undefined

/** The first mapping that knows the failure wins. */
const mappings: readonly Mapping[] = [
  unauthenticated,
  sessionLost,
  operationLost,
  interrupted,
  outOfMemory,
  diskFull,
  tooLarge,
  unsupported,
  unreachable,
]

/** Turns the failure of a call into an error of this product. */
export function sparkError(failure: Failure, facts: CallFacts): AssetsError {
  for (const mapping of mappings) {
    const mapped = mapping(failure, facts)
    if (mapped) return mapped
  }
  return queryFailed(failure, facts)
}

/** The error of what was stopped on purpose. */
export function interruptedError({ cause, operationId }: { cause?: unknown; operationId?: string } = {}): EngineError {
  return new EngineError("ENGINE_INTERRUPTED", {
    what: "The query was stopped before it ended.",
    why: "Its step or its run was cancelled, its time was over, or its session was closed.",
    fix: "Run the step again.",
    ...(operationId !== undefined && { details: { operationId } }),
    cause,
  })
}

/** The error of a server whose version, or what stands in front of it, lacks what is needed. */
export function versionError(what: string, why: string, details: { readonly [name: string]: string }): EngineError {
  return new EngineError("ENGINE_VERSION_UNSUPPORTED", {
    what,
    why,
    fix: "Use a server of Spark 3.5, 4.0, or 4.1 and later, with Spark Connect; or let spark({ master }) start one.",
    details,
  })
}

function unauthenticated({ code, message }: Failure, { remote, cause }: CallFacts): EngineError | undefined {
  if (code !== status.UNAUTHENTICATED && code !== status.PERMISSION_DENIED) return undefined
  const isKnown = code === status.PERMISSION_DENIED
  return new EngineError("ENGINE_UNAUTHENTICATED", {
    what: isKnown ? `Spark at ${remote} does not permit this.` : `Spark at ${remote} does not know who asks.`,
    why: isKnown
      ? `The token is known and may not do it. The server says: ${message}`
      : `The token is missing, wrong or outdated. The server says: ${message}`,
    fix: "Give a token that may use this server: sc://host:443/;token=… in SPARK_REMOTE, or in the option remote of spark().",
    details: { remote },
    cause,
  })
}

function sessionLost({ condition, message }: Failure, { remote, cause }: CallFacts): EngineError | undefined {
  const isGone = /stopped SparkContext|SparkContext (?:was shut down|has been shutdown)/.test(message)
  if (!isGone && !condition?.startsWith("INVALID_HANDLE.SESSION_")) return undefined
  return new EngineError("ENGINE_SESSION_LOST", {
    what: `Spark at ${remote} no longer has this session.`,
    why: `The server was stopped or started anew, or the session was closed or not used for too long. The server says: ${message}`,
    fix: "Run again: a new session is opened. What was stored before is kept, assets materialize --from-failure goes on from there.",
    details: { remote, ...(condition !== undefined && { condition }) },
    cause,
  })
}

function operationLost({ condition, message }: Failure, { operationId, cause }: CallFacts): EngineError | undefined {
  // Asked for the answer between the arrival of a query and the start of its thread, a server takes it for dead.
  const isOrphaned = message.startsWith("Operation was orphaned")
  const isGone = condition?.startsWith("INVALID_HANDLE.OPERATION_") || condition?.startsWith("INVALID_CURSOR.")
  if (!isOrphaned && !isGone) return undefined
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: "Spark no longer has the query that was running.",
    why: `The connection broke before the query had begun, or was away for so long that the server gave it up. The server says: ${message}`,
    fix: "Run the step again.",
    details: { ...(condition !== undefined && { condition }), ...(operationId !== undefined && { operationId }) },
    transient: true,
    cause,
  })
}

function interrupted(
  { condition, code }: Failure,
  { operationId, isBroken, cause }: CallFacts,
): EngineError | undefined {
  const isCancelled = code === status.CANCELLED && !isBroken
  if (condition !== "OPERATION_CANCELED" && !isCancelled) return undefined
  return interruptedError({ cause, ...(operationId !== undefined && { operationId }) })
}

function outOfMemory(failure: Failure, facts: CallFacts): EngineError | undefined {
  const text = [...failure.classes, failure.message, ...failure.causes].join("\n")
  const pattern = /OutOfMemoryError|Java heap space|GC overhead limit|UNABLE_TO_ACQUIRE_MEMORY|Container killed by YARN/
  if (!pattern.test(text)) return undefined
  return new EngineError("ENGINE_OUT_OF_MEMORY", {
    what: "The query needs more memory than Spark has.",
    why: firstLine(causeOf(failure, pattern) ?? failure.message),
    fix: "Raise SPARK_DRIVER_MEMORY or SPARK_EXECUTOR_MEMORY, spark({ driverMemory, executorMemory }), or raise the number of shuffle partitions.",
    details: detailsOf(failure, facts),
    cause: facts.cause,
  })
}

function diskFull(failure: Failure, facts: CallFacts): StorageError | undefined {
  const pattern =
    /No space left on device|Disk quota exceeded|The (?:NameSpace|DiskSpace) quota |could only be written to \d+ of/
  const text = causeOf(failure, pattern)
  if (text === undefined) return undefined
  return new StorageError("STORAGE_FULL", {
    what: "A disk that Spark writes to is full.",
    why: firstLine(text),
    fix: "Free space there (the target of the write, or Spark's spark.local.dir), and run again.",
    details: detailsOf(failure, facts),
    cause: facts.cause,
  })
}

function tooLarge({ code, message }: Failure, { cause }: CallFacts): EngineError | undefined {
  if (code !== status.RESOURCE_EXHAUSTED) return undefined
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: "A message between this process and Spark is too large, or Spark has no more room for it.",
    why: message,
    fix: "Let Spark write large results, and read them from there; limit what is collected.",
    details: { message },
    cause,
  })
}

function unsupported({ code, message }: Failure, { remote }: CallFacts): EngineError | undefined {
  if (code !== status.UNIMPLEMENTED) return undefined
  return versionError(
    `The server at ${remote} does not have what was asked of it.`,
    `It is too old, or no Spark Connect server. It says: ${message}`,
    { remote },
  )
}

function unreachable({ code, message }: Failure, { remote, isBroken, cause }: CallFacts): EngineError | undefined {
  if (!isBroken) return undefined
  if (isTlsFailure(message)) return untrusted(message, remote, cause)
  const isSlow = code === status.DEADLINE_EXCEEDED
  return new EngineError("ENGINE_UNREACHABLE", {
    what: isSlow ? `Spark at ${remote} did not answer in time.` : `Spark at ${remote} cannot be reached.`,
    why: isSlow ? `The server says nothing: ${message}` : message.replace(/ *Resolution note: *$/, ""),
    fix: "See that the server runs, and that host, port and TLS of sc://host:port are right; then run again.",
    details: { remote },
    transient: true,
    cause,
  })
}

function untrusted(message: string, remote: string, cause: unknown): EngineError {
  return new EngineError("ENGINE_UNREACHABLE", {
    what: `There is no TLS connection to Spark at ${remote}.`,
    why: message.replace(/\s*Resolution note: *$/, ""),
    fix: "When the server has no TLS, leave out use_ssl=true. When its certificate is of an own authority, name the authority's file in NODE_EXTRA_CA_CERTS (or in GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, where that is set).",
    details: { remote },
    cause,
  })
}

function queryFailed(failure: Failure, facts: CallFacts): EngineError {
  const { condition, message, causes } = failure
  const known = conditionFixes.find(([name]) => condition === name || condition?.startsWith(`${name}.`))
  const lost = /ExecutorLostFailure|FetchFailed|executor.*(?:exited|lost)/i
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: condition ? `The query raised ${condition}: ${sentenceOf(message)}` : sentenceOf(message),
    why: `Spark says: ${[message, ...causes].join("\nCaused by ").slice(0, 4000)}`,
    fix: known?.[1] ?? "Look at the statement with assets plan --sql, and correct the asset's function.",
    details: detailsOf(failure, facts),
    transient: [message, ...causes].some(text => lost.test(text)),
    cause: facts.cause,
  })
}

function detailsOf(failure: Failure, { operationId }: CallFacts) {
  const { message, condition, sqlState, parameters, contexts, causes } = failure
  return {
    message: message.slice(0, 2000),
    ...(condition !== undefined && { condition }),
    ...(sqlState !== undefined && { sqlState }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(contexts.length > 0 && { contexts: contexts.map(context => ({ ...context })) }),
    ...(causes.length > 0 && { causes: causes.map(text => text.slice(0, 1000)) }),
    ...(operationId !== undefined && { operationId }),
  }
}

/** The message, or the nearest cause, that a pattern knows. */
function causeOf({ message, causes }: Failure, pattern: RegExp): string | undefined {
  return [message, ...causes].find(text => pattern.test(text))
}

/** The first line of a message of Spark, without what stands before it, the condition too, and the SQLSTATE after it. */
function sentenceOf(message: string): string {
  return firstLine(message.trimStart())
    .replace(/^.*?Exception: (?=\[[A-Z0-9_.]+\] )/, "")
    .replace(/^\[[A-Z0-9_.]+\] /, "")
    .replace(/ SQLSTATE: \w+.*$/, "")
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text
}
