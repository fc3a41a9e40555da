import { AssetsError, EngineError, type ObjectStoreFault, objectStoreFailure, StorageError } from "@assets/core"

/** What the statement was about, so that an error can name it. */
export interface ErrorContext {
  /** The folder or file that the statement writes. */
  readonly target?: string
  /** The statement was stopped on purpose. */
  readonly interrupted?: boolean
}

type Mapping = (message: string, context: ErrorContext, cause: unknown) => AssetsError | undefined

/** DuckDB raises plain errors: what happened is in the text alone. The first mapping that knows the text wins. */
const mappings: readonly Mapping[] = [
  interrupted,
  objectStoreFailed,
  diskFull,
  outOfMemory,
  databaseDamaged,
  csvInvalid,
  tableUnreadable,
  columnMissing,
  columnRetyped,
  fileMissing,
  denied,
  versionDamaged,
  fileInvalid,
]

/** Turns what DuckDB threw into an error of this product. Errors that are already of it pass through. */
export function mapDuckdbError(cause: unknown, context: ErrorContext = {}): AssetsError {
  if (cause instanceof AssetsError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  for (const mapping of mappings) {
    const mapped = mapping(message, context, cause)
    if (mapped) return mapped
  }
  return queryFailed(message, cause)
}

function interrupted(message: string, context: ErrorContext, cause: unknown): AssetsError | undefined {
  if (!context.interrupted && !message.startsWith("INTERRUPT Error")) return undefined
  return new EngineError("ENGINE_INTERRUPTED", {
    what: "The query was stopped before it ended.",
    why: "Its step or its run was cancelled, or its time was over.",
    fix: "Run the step again.",
    cause,
  })
}

/** What the extension for object stores says of a request, whose URL is the store's own. */
function objectStoreFailed(message: string, context: ErrorContext, cause: unknown): AssetsError | undefined {
  const fault = objectStoreFault(message)
  if (fault === undefined) return undefined
  const url = /s3:\/\/[^\s'"]+/.exec(message)?.[0] ?? context.target ?? /https?:\/\/[^\s'"?]+/.exec(message)?.[0]
  return objectStoreFailure(fault, url ?? "an object store", firstLine(message).replace(/\?\S*X-Amz\S*/g, ""), cause)
}

function objectStoreFault(message: string): ObjectStoreFault | undefined {
  if (/NoSuchBucket/.test(message)) return "bucket"
  const isRefused = /\bHTTP 40[13]\b|HTTP code 40[13]\b|AccessDenied|SignatureDoesNotMatch|InvalidAccessKeyId/
  if (isRefused.test(message)) return "refused"
  const isUnreachable = /Could not establish connection|Could not resolve host|Couldn't connect|Connection refused/i
  return isUnreachable.test(message) ? "unreachable" : undefined
}

function diskFull(message: string, context: ErrorContext, cause: unknown): AssetsError | undefined {
  const spill = /max_temp_directory_size|temp directory limit/i.test(message)
  if (!spill && !/No space left on device|disk full/i.test(message)) return undefined
  const path = quotedPath(message) ?? context.target
  return new StorageError("STORAGE_FULL", {
    what: spill ? "DuckDB may not spill any more data to disk." : `The disk is full${path ? ` at ${path}` : ""}.`,
    why: firstLine(message),
    fix: spill
      ? "Free space on the disk of the temp folder, or set duckdb({ tempFolder, maxSpill }) to one with more of it."
      : "Free space there, or point the IO manager or duckdb({ tempFolder }) to another disk, and run again.",
    ...(path && { details: { path } }),
    cause,
  })
}

function outOfMemory(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  if (!/^Out of Memory Error/i.test(message) && !/std::bad_alloc|could not allocate/i.test(message)) return undefined
  return new EngineError("ENGINE_OUT_OF_MEMORY", {
    what: "The query needs more memory than DuckDB may use.",
    why: firstLine(message),
    fix: "Raise the limit, duckdb({ memoryLimit: '8GB' }), lower duckdb({ threads }), or run the asset on Spark.",
    cause,
  })
}

function databaseDamaged(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  if (!/Corrupt database file|Could not read enough bytes from file|database has been invalidated/.test(message)) {
    return undefined
  }
  const path = quotedPath(message)
  return new StorageError("STORAGE_CORRUPT", {
    what: `${path ?? "A database file"} is damaged: a block of it is not as it was written.`,
    why: firstLine(message),
    fix: "Materialize the asset again with --force; or restore the file from a backup. assets doctor reads the whole file.",
    ...(path && { details: { path } }),
    cause,
  })
}

function csvInvalid(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1]
  if (!line) return undefined
  const file = /^\s*file\s*=\s*(.+)$/m.exec(message)?.[1]?.trim()
  const column = /(?:converting column|Column) "?([^"\n]+?)"?(?:\.| is being|$)/m.exec(message)?.[1]
  const reason = message
    .split("\n")
    .slice(1)
    .find(text => text.trim() && !/^(Original|Possible) /.test(text))
  const text = /^Original Line: (.*)$/m.exec(message)?.[1]
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `Line ${line}${file ? ` of ${file}` : ""} is not what the source declares${column ? ` (column '${column}')` : ""}.`,
    why: [reason?.trim(), text !== undefined && `The line is: ${text.slice(0, 200)}`].filter(Boolean).join(" "),
    fix: "Correct the file, or declare the column as t.string and convert it with tryCast.",
    details: { line: Number(line), ...(file && { file }), ...(column && { column }) },
    cause,
  })
}

/** What the extension that reads Delta tables says of their logs. */
function tableUnreadable(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  const said = /DeltaKernel \w+ \(\d+\): (.*)/.exec(message)?.[1]
  if (said === undefined) return undefined
  const table = /delta_scan\('((?:[^']|'')*)'/.exec(message)?.[1]?.replaceAll("''", "'")
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `DuckDB cannot read the Delta table${table === undefined ? " of a source" : ` at ${table}`}.`,
    why: `Its extension says: ${said}`,
    fix: "Read it on Spark (engine: spark()); or switch off what the table demands of its readers: ALTER TABLE … DROP FEATURE ….",
    ...(table !== undefined && { details: { path: table } }),
    cause,
  })
}

/** Files are the only tables whose columns are not known before the statement is bound. */
function columnMissing(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  const column =
    /does not have a column named "(.+)"/.exec(message)?.[1] ??
    /column "(.+?)" was read from the original file/.exec(message)?.[1] ??
    /^Column with name: "(.+)" is missing/m.exec(message)?.[1] ??
    /Columns with names: "(.+?)" do not exist in the CSV/.exec(message)?.[1]
  if (column === undefined) return undefined
  const file = /Failed to read file "([^"]+)"/.exec(message)?.[1] ?? /^Current file: (.+)$/m.exec(message)?.[1]
  const named = /^Candidate (?:bindings|names): :? ?(.+)$/m.exec(message)?.[1]
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `${file ?? "A file of the source"} has no column '${column}', which the source declares.`,
    why: named ? `The nearest of its columns: ${named.replaceAll('"', "'")}.` : firstLine(message),
    fix: "Correct the declaration or the file. Columns are matched by name without regard to case.",
    details: { column, ...(file && { file }) },
    cause,
  })
}

/** Raised by the scan of files that others made. */
function columnRetyped(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  const found = /\[SOURCE_TYPE\] (\S+) (.+?) ([^']*(?:'[^']*)*)' to INT32/.exec(message)
  if (!found) return undefined
  const [, declared = "", stored = "", column = ""] = found
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `The column '${column}' is stored as ${stored}, and declared as ${declared}.`,
    why: "Not each value of the stored type is one of the declared type.",
    fix: `Declare the column as it is stored, and cast it in an asset: f.${column}.cast(t.…).`,
    details: { column, stored, declared },
    cause,
  })
}

function fileMissing(message: string, context: ErrorContext, cause: unknown): AssetsError | undefined {
  const missing = /No files found that match the pattern "([^"]+)"/.exec(message)?.[1]
  const path = missing ?? (/No such file or directory/.test(message) ? quotedPath(message) : undefined)
  if (!path) return undefined
  if (isOfVersion(path)) return versionMissing(path, message, cause)
  // A database's own log of changes goes with its folder.
  if ((context.target && path.startsWith(context.target)) || path.endsWith(".wal")) {
    return new StorageError("STORAGE_UNWRITABLE", {
      what: `The folder of ${path} does not exist.`,
      why: firstLine(message),
      fix: "Let nothing else delete files below the IO manager's root while a run works.",
      details: { path },
      cause,
    })
  }
  return new StorageError("SOURCE_FILE_MISSING", {
    what: `The file ${path} is not there.`,
    why: "It was moved or deleted after it was found, or it never was there.",
    fix: "Put it back, correct the path of the source, or materialize the asset that makes it again.",
    details: { path },
    cause,
  })
}

/** A file of a stored version: what was current when the reader began is so no longer. */
function versionMissing(path: string, message: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `${path} is no longer there.`,
    why: `${firstLine(message)} The version that it belongs to was removed in the meantime, or the file was deleted by hand.`,
    fix: "Run again: the step then reads what is current.",
    details: { path },
    cause,
  })
}

/** A file that this product has written, and that is there and may be read, is not as it was written. */
function versionDamaged(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  const path = quotedPath(message)
  if (!path || !isOfVersion(path) || !/^(?:Invalid Input|IO|Serialization|TProtocol\w*) ?Error/i.test(message)) {
    return undefined
  }
  return new StorageError("STORAGE_CORRUPT", {
    what: `${path} is damaged.`,
    why: `${firstLine(message)} It was changed after it was written, by hand or by the disk.`,
    fix: "Materialize its asset again with --force, or restore the file from a backup.",
    details: { path },
    cause,
  })
}

function denied(message: string, context: ErrorContext, cause: unknown): AssetsError | undefined {
  if (!/Permission denied|Read-only file system|Operation not permitted/i.test(message)) return undefined
  const path = quotedPath(message) ?? context.target
  const writes = context.target !== undefined && (path === undefined || path.startsWith(context.target))
  return new StorageError(writes ? "STORAGE_UNWRITABLE" : "STORAGE_UNREADABLE", {
    what: `${path ?? "A file"} may not be ${writes ? "written" : "read"} by this process.`,
    why: firstLine(message),
    fix: `Give the user of this process the right to ${writes ? "write" : "read"} there.`,
    ...(path && { details: { path } }),
    cause,
  })
}

function fileInvalid(message: string, _context: ErrorContext, cause: unknown): AssetsError | undefined {
  const known =
    /No magic bytes|not a Parquet file|too small to be a Parquet|Malformed JSON|JSON transform error|Invalid unicode|invalid Parquet|CSV Parser state machine|when sniffing file/i.test(
      message,
    )
  if (!known) return undefined
  const file = quotedPath(message) ?? /^\s*file\s*=\s*(.+)$/m.exec(message)?.[1]?.trim()
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `${file ?? "A file"} cannot be read in the format that its source declares.`,
    why: /state machine/.test(message)
      ? "Its quotes or the ends of its lines are not those of one CSV dialect (\\n and \\r\\n mixed, a quote left open)."
      : firstLine(message),
    fix: "Correct or replace the file, or read it with the reader of its format.",
    ...(file && { details: { file } }),
    cause,
  })
}

/** Spark's error conditions that the printed SQL and DuckDB raise, and what mends them. */
const conditions: { readonly [condition: string]: { readonly what: string; readonly fix: string } } = {
  DIVIDE_BY_ZERO: {
    what: "A division by zero.",
    fix: "Use tryDivide, or exclude the rows with when(divisor.notEqual(0), …).",
  },
  ARITHMETIC_OVERFLOW: {
    what: "A number outside the range of its type.",
    fix: "Cast to a wider type first (decimal(38, 0) holds the sums of bigint), or use tryAdd, trySubtract or tryMultiply.",
  },
  REMAINDER_BY_ZERO: {
    what: "The rest of a division by zero.",
    fix: "Make the divisor null where it is zero: f.a.mod(nullif(f.b, 0)).",
  },
  INVALID_ARRAY_INDEX: {
    what: "An index outside of its array.",
    fix: "Ask for its size first: when(size(f.items).gt(0), f.items.getItem(0)).",
  },
  CANNOT_PARSE_TIMESTAMP: {
    what: "A text that is not a time of the format given.",
    fix: "Correct the format, or exclude the rows whose text has another form.",
  },
  CAST_INVALID_INPUT: {
    what: "A value that cannot be cast to the type asked for.",
    fix: "Use tryCast, which gives null for such values, or clean the column first.",
  },
  CAST_OVERFLOW: {
    what: "A value outside the range of the type that it is cast to.",
    fix: "Cast to a wider type, or use tryCast, which gives null for such values.",
  },
}

function conditionOf(message: string): string | undefined {
  const raised = /\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]/.exec(message)?.[1]
  if (raised) return raised
  if (/^Out of Range Error: Overflow/.test(message)) return "ARITHMETIC_OVERFLOW"
  if (!message.startsWith("Conversion Error")) return undefined
  // only sums of bigint are this wide
  if (/^Conversion Error: Type INT128 with value/.test(message)) return "ARITHMETIC_OVERFLOW"
  return /out of range/i.test(message) ? "CAST_OVERFLOW" : "CAST_INVALID_INPUT"
}

function queryFailed(message: string, cause: unknown): AssetsError {
  const condition = conditionOf(message)
  const known = condition === undefined ? undefined : conditions[condition]
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: condition ? `The query raised ${condition}: ${known?.what ?? firstLine(message)}` : firstLine(message),
    why: `DuckDB says: ${message.slice(0, 2000)}`,
    fix: known?.fix ?? "Look at the statement with assets plan --sql, and correct the asset's function.",
    details: { message: message.slice(0, 2000), ...(condition && { condition }) },
    cause,
  })
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? message
}

/** Whether a file belongs to a version that parquetIO has stored. */
function isOfVersion(path: string): boolean {
  return /[\\/]_versions[\\/][^\\/]+[\\/]/.test(path)
}

function quotedPath(message: string): string | undefined {
  return /["']((?:\/|[A-Za-z]:\\|\w+:\/\/)[^"'\n]*)["']/.exec(message)?.[1]
}
