import { create, fromBinary } from "@bufbuild/protobuf"
import { anyUnpack } from "@bufbuild/protobuf/wkt"
import type { ServiceError } from "@grpc/grpc-js"
import { ErrorInfoSchema, StatusSchema } from "../generated/google_rpc_pb.ts"
import {
  FetchErrorDetailsResponse_QueryContext_ContextType as ContextType,
  FetchErrorDetailsRequestSchema,
  type FetchErrorDetailsResponse,
  type FetchErrorDetailsResponse_Error,
  type FetchErrorDetailsResponse_QueryContext,
  SparkConnectService,
} from "../generated/spark_connect_pb.ts"
import type { SessionCalls } from "./session-calls.ts"

/** Details are worth a short wait: without them there is still an error to tell. */
const detailsDeadlineMs = 5_000

/** Where in a statement Spark saw the fault. */
export interface QueryContext {
  /** The part of the statement. */
  readonly fragment?: string
  readonly objectType?: string
  readonly objectName?: string
  readonly startIndex?: number
  readonly stopIndex?: number
}

/** What a server tells of a failed call. */
export interface Failure {
  /** gRPC's number. */
  readonly code: number
  readonly message: string
  /** Spark's error class, `DIVIDE_BY_ZERO`. */
  readonly condition?: string
  readonly sqlState?: string
  readonly parameters: { readonly [name: string]: string }
  readonly contexts: readonly QueryContext[]
  /** Java's classes of the error, the nearest first. */
  readonly classes: readonly string[]
  /** What caused it, the nearest first, each a class and a message. */
  readonly causes: readonly string[]
}

/** Reads what came with the failure of a call, and asks the server for the rest. */
export async function failureOf(error: ServiceError, calls: SessionCalls): Promise<Failure> {
  const { errorId, ...trailer } = readTrailer(error)
  const failure: Failure = { code: error.code, contexts: [], causes: [], ...trailer }
  if (errorId === undefined) return failure
  try {
    const request = create(FetchErrorDetailsRequestSchema, { ...calls.header, errorId })
    const { fetchErrorDetails } = SparkConnectService.method
    return completed(failure, await calls.channel.unary(fetchErrorDetails, request, { deadlineMs: detailsDeadlineMs }))
  } catch {
    return failure // a server before 4.0 has no such method; one that is gone cannot tell either
  }
}

/** Spark's error class of a failed call, as far as the call itself tells it. */
export function conditionOf(error: ServiceError): string | undefined {
  return readTrailer(error).condition
}

type Trailer = Pick<Failure, "message" | "classes" | "parameters" | "condition" | "sqlState"> & {
  readonly errorId?: string
}

function readTrailer(error: ServiceError): Trailer {
  const bare = { message: error.details || error.message, classes: [], parameters: {} }
  const bytes = error.metadata.get("grpc-status-details-bin")[0]
  if (!(bytes instanceof Uint8Array)) return bare
  try {
    const told = fromBinary(StatusSchema, bytes)
    const info = told.details.map(detail => anyUnpack(detail, ErrorInfoSchema)).find(detail => detail !== undefined)
    if (!info) return bare
    const { errorId, errorClass, sqlState, messageParameters, classes } = info.metadata
    // A long message does not stand in gRPC's own field.
    const message = error.details || told.message || error.message
    const condition = errorClass || (errorId ? undefined : conditionIn(message))
    return {
      message,
      classes: parsed(classes, []),
      parameters: parsed(messageParameters, {}),
      ...(condition && { condition }),
      ...(sqlState && { sqlState }),
      ...(errorId && { errorId }),
    }
  } catch {
    return bare // what stands between may answer with details of its own
  }
}

/** Servers before 4.0 tell the class of an error in its message alone; that of a failed task stands behind Java's class. */
function conditionIn(message: string): string | undefined {
  return /(?:^|Exception: )\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\] /.exec(message)?.[1]
}

function parsed<T>(json: string | undefined, otherwise: T): T {
  try {
    return json === undefined ? otherwise : (JSON.parse(json) as T) // Spark writes these two by itself
  } catch {
    return otherwise // it cuts off what is too long for a header
  }
}

function completed(failure: Failure, { errors, rootErrorIdx }: FetchErrorDetailsResponse): Failure {
  const root = errors[rootErrorIdx ?? 0]
  if (!root) return failure
  const { sparkThrowable } = root
  return {
    code: failure.code,
    message: root.message || failure.message,
    classes: root.errorTypeHierarchy.length > 0 ? root.errorTypeHierarchy : failure.classes,
    parameters: sparkThrowable?.messageParameters ?? failure.parameters,
    contexts: (sparkThrowable?.queryContexts ?? []).map(contextOf),
    causes: causesOf(root, errors).map(({ errorTypeHierarchy, message }) => `${errorTypeHierarchy[0]}: ${message}`),
    ...optional("condition", sparkThrowable?.errorClass ?? failure.condition),
    ...optional("sqlState", sparkThrowable?.sqlState ?? failure.sqlState),
  }
}

function optional<K extends string>(name: K, value: string | undefined): { readonly [name in K]?: string } {
  return (value ? { [name]: value } : {}) as { readonly [name in K]?: string } // tsc forgets the name
}

function causesOf(root: FetchErrorDetailsResponse_Error, errors: readonly FetchErrorDetailsResponse_Error[]) {
  const causes: FetchErrorDetailsResponse_Error[] = []
  let next = root.causeIdx === undefined ? undefined : errors[root.causeIdx]
  while (next && !causes.includes(next)) {
    causes.push(next)
    next = next.causeIdx === undefined ? undefined : errors[next.causeIdx]
  }
  return causes
}

function contextOf(context: FetchErrorDetailsResponse_QueryContext): QueryContext {
  const isSql = context.contextType === ContextType.SQL
  return {
    ...(context.fragment && { fragment: context.fragment }),
    ...(context.objectType && { objectType: context.objectType }),
    ...(context.objectName && { objectName: context.objectName }),
    ...(isSql && { startIndex: context.startIndex, stopIndex: context.stopIndex }),
  }
}
