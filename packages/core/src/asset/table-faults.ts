import type { Partitions } from "../partition/partitions.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { AnyValueType } from "../value/value-type.ts"
import type { AnyAssetOptions } from "./asset.ts"
import type { Fault } from "./fault.ts"

/** What is said of an asset's columns, held to the columns that it returns. */
export function* tableFaults(returns: AnyValueType, options: AnyAssetOptions): Iterable<Fault> {
  const columns = returns.columns?.().map(({ name }) => name)
  yield* writeFaults(options.write, columns, returns.kind)
  yield* cutoffFaults(options, returns)
  yield* layoutFaults(options.layout, columns, returns.kind)
  yield* partitionFaults(options.partitions, columns)
  yield* checkFaults(options.checks, returns)
}

function* writeFaults(
  write: AnyAssetOptions["write"],
  columns: readonly string[] | undefined,
  kind: string,
): Iterable<Fault> {
  if (write === undefined || write === "overwrite") return
  const merge = typeof write === "object" && write !== null ? write.merge : undefined
  if (write !== "append" && !(Array.isArray(merge) && merge.length > 0)) {
    yield {
      what: `has a bad 'write': ${JSON.stringify(write)}.`,
      why: "It says what becomes of the rows that are there.",
      fix: 'Write "overwrite", "append" or { merge: ["key"] }.',
    }
  } else if (!columns) {
    yield {
      what: `has 'write: ${JSON.stringify(write)}', but returns ${kind}.`,
      why: "Rows can be appended and merged; such a value is replaced as a whole.",
      fix: "Leave 'write' out, or return a frame.",
    }
  } else yield* columnFaults("write.merge", merge ?? [], columns)
}

function* cutoffFaults({ cutoff, write, compute }: AnyAssetOptions, returns: AnyValueType): Iterable<Fault> {
  if (cutoff === undefined) return
  const adds = write !== undefined && write !== "overwrite"
  const cannot = returns.kind === "nothing" || (!returns.digest && (returns.columns || !compute))
  if (!adds && !cannot) return
  yield {
    what: `has 'cutoff: "content"', but ${adds ? "adds rows to what is there" : `returns ${returns.kind} whose content cannot be compared`}.`,
    why: adds
      ? "What rows were added to is never what it was."
      : "The rows are sorted to compare them, and a map has no order.",
    fix: "Leave 'cutoff' out.",
  }
}

function* layoutFaults(
  layout: AnyAssetOptions["layout"],
  columns: readonly string[] | undefined,
  kind: string,
): Iterable<Fault> {
  if (layout === undefined) return
  if (!columns) {
    yield {
      what: `has a 'layout', but returns ${kind}.`,
      why: "A layout arranges the files of a table.",
      fix: "Leave it out, or return a frame.",
    }
    return
  }
  yield* columnFaults("layout.partitionBy", layout.partitionBy ?? [], columns)
  yield* columnFaults("layout.sortBy", layout.sortBy ?? [], columns)
  const { targetFileMB, compression } = layout
  if (targetFileMB !== undefined && !(Number.isFinite(targetFileMB) && targetFileMB > 0)) {
    yield {
      what: `has the layout.targetFileMB ${targetFileMB}.`,
      why: "It is a size in megabytes above 0.",
      fix: "Leave it out for 128.",
    }
  }
  if (compression !== undefined && !["zstd", "snappy", "gzip", "none"].includes(compression)) {
    yield {
      what: `has the layout.compression '${compression}'.`,
      why: "There are zstd, snappy, gzip and none.",
      fix: didYouMean(compression, ["zstd", "snappy", "gzip", "none"]) ?? "Use one of them.",
    }
  }
}

/** Columns that a partition rule names. */
export function* partitionFaults(
  partitions: Partitions | undefined,
  columns: readonly string[] | undefined,
): Iterable<Fault> {
  if (partitions === undefined) return
  if (typeof partitions?.keys !== "function" || typeof partitions.has !== "function") {
    yield {
      code: "PARTITIONS_INVALID",
      what: "has 'partitions' that are no partition rule.",
      why: "A rule tells which keys there are.",
      fix: 'Write daily({ start: "2024-01-01" }), staticPartitions(["a", "b"]) or another of their kind.',
    }
    return
  }
  const { column } = partitions
  if (partitions.fault || column === undefined) return
  if (columns)
    yield* columnFaults("partitions.column", typeof column === "string" ? [column] : Object.values(column), columns)
  else {
    yield {
      code: "PARTITIONS_INVALID",
      what: "has partitions with a 'column', but returns no table.",
      why: "The column gives each row its key.",
      fix: "Leave 'column' out, or return a frame.",
    }
  }
}

function* columnFaults(option: string, named: readonly string[], columns: readonly string[]): Iterable<Fault> {
  const known = new Set(columns.map(column => column.toLowerCase()))
  const seen = new Set<string>()
  for (const name of named) {
    const folded = String(name).toLowerCase()
    if (!known.has(folded)) {
      yield {
        what: `names the column '${name}' in '${option}', which it does not return.`,
        why: `It returns ${columns.map(column => `'${column}'`).join(", ")}.`,
        fix: didYouMean(folded, columns) ?? "Name a column that it returns.",
      }
    } else if (seen.has(folded)) {
      yield { what: `names the column '${name}' twice in '${option}'.`, why: "Once is enough.", fix: "Take one away." }
    }
    seen.add(folded)
  }
}

function* checkFaults(checks: AnyAssetOptions["checks"], returns: AnyValueType): Iterable<Fault> {
  if (checks === undefined) return
  if (!Array.isArray(checks) || checks.some(check => check?.kind !== "check")) {
    yield {
      code: "CHECK_INVALID",
      what: "has 'checks' that are no list of checks.",
      why: "A check is what unique(), notNull() and their kind return.",
      fix: 'Write checks: [unique("id")].',
    }
    return
  }
  if (checks.length > 0 && !returns.check) {
    yield {
      code: "CHECK_INVALID",
      what: `has checks, but returns ${returns.kind}.`,
      why: "Checks ask the stored rows of a table.",
      fix: "Leave them out, or return a frame.",
    }
  }
  const seen = new Set<string>()
  for (const { name } of checks) {
    if (seen.has(name)) {
      yield {
        code: "CHECK_INVALID",
        what: `has two checks named '${name}'.`,
        why: "A check's results are kept under its name.",
        fix: "Name one of them otherwise, or take it away.",
      }
    }
    seen.add(name)
  }
}
