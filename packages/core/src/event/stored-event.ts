import type { CheckResult } from "../check/asset-check.ts"
import type { Materialization } from "../io/io-manager.ts"
import type { Reason } from "../plan/execution-plan.ts"
import type { Json } from "../util/json.ts"
import {
  type CompactMaterialization,
  compactMaterialization,
  type ToldByEvent,
  wholeMaterialization,
} from "./compact-materialization.ts"
import type { AssetsEvent, NewEvent } from "./event.ts"
import type { TimedMaterialization } from "./run-log.ts"

/** An event as its row holds it; what is not a column is in the payload. */
export interface EventRow {
  readonly id: number
  readonly time: number
  readonly run_id: string
  readonly type: string
  readonly step: string | null
  readonly key: string | null
  readonly payload: string
}

/**
 * A step's history stays below 2 kB: characters of its materialization and its checks together, of which the
 * materialization gives way to the checks down to the least.
 */
const STEP_LIMIT = 1_000
const LEAST_MATERIALIZATION = 450
/** Characters that the event of a check takes besides its result. */
const CHECK_EVENT = 60
/** Characters of the samples of bad rows that a check's event keeps; the data keeps all. */
const SAMPLES_LIMIT = 240
/** Characters of an error of a step, or of a run. */
const ERROR_LIMIT = 1_200
const DIFF_LINES = 12
const DIFF_LINE = 100
const TEXT_LIMIT = 1_000
/** Characters of one line of a step's log, and of its fields. */
const LOG_LIMIT = 8_000
const INPUTS = 10

/**
 * Returns the event's columns and payload. The data keeps the whole record; the log keeps what fits. The name of a step
 * of one partition tells its key and partition; that of a step without partitions is its key.
 */
export function storeEvent(event: NewEvent): { step: string | null; key: string | null; payload: string } {
  const { type: _type, runId, ...rest } = event
  if (!("step" in rest)) return { step: null, key: null, payload: JSON.stringify(shorten(rest)) }
  const { step, key, partitions, ...own } = rest
  const stored = "materialization" in own ? storeMaterialization(own, { key, partitions, runId }) : shorten(own)
  const [partition] = partitions
  if (partitions.length === 1 && step === `${key}[${partition}]`) {
    return { step, key: null, payload: JSON.stringify(stored) }
  }
  const payload = { ...stored, ...(partitions.length > 0 && { partitions }) }
  return { step: step === key ? null : step, key, payload: JSON.stringify(payload) }
}

/** Returns the event that a row holds. */
export function eventOf(row: EventRow): AssetsEvent {
  const payload = JSON.parse(row.payload)
  const base = { id: row.id, time: new Date(row.time).toISOString(), type: row.type, runId: row.run_id }
  // The row was written from an event of this union; nothing else is.
  if (row.key === null && row.step === null) return { ...base, ...payload } as AssetsEvent
  const { materialization, result, ...own } = payload
  const { step, key, partitions } = placeOf(row, payload)
  return {
    ...base,
    step,
    key,
    partitions,
    ...own,
    ...(materialization && {
      materialization: wholeMaterialization(materialization, { key, partitions, runId: row.run_id }),
    }),
    ...(result && { result: { ...checkDefaults(result), ...result } }),
  } as AssetsEvent
}

type MaterializedRow = Pick<EventRow, "payload" | "step" | "key"> & { readonly run_id: string | null }

/** The materialization that the payload of an `asset_materialized` holds. */
export function materializationOf(row: MaterializedRow): Materialization {
  return timedMaterializationOf(row).materialization
}

/** The same with the time that its step took. */
export function timedMaterializationOf(row: MaterializedRow): TimedMaterialization {
  const { durationMs, ...payload } = JSON.parse(row.payload)
  const { key, partitions } = placeOf(row, payload)
  const told = { key, partitions, runId: row.run_id ?? "" }
  return { materialization: wholeMaterialization(payload.materialization, told), durationMs }
}

/** What an event is about, from its columns; a key holds no bracket. */
function placeOf({ step, key }: Pick<EventRow, "step" | "key">, payload: { readonly partitions?: readonly string[] }) {
  if (key !== null) return { step: step ?? key, key, partitions: payload.partitions ?? [] }
  const name = step ?? ""
  const bracket = name.indexOf("[")
  return { step: name, key: name.slice(0, bracket), partitions: [name.slice(bracket + 1, -1)] }
}

type StepPart = { readonly [name: string]: unknown }

function storeMaterialization(
  { materialization, ...own }: { readonly materialization: Materialization },
  told: ToldByEvent,
): StepPart {
  return { ...own, materialization: fit(compactMaterialization(materialization, told)) }
}

function shorten(part: StepPart): StepPart {
  if (part.reasons) return { ...part, reasons: (part.reasons as readonly Reason[]).map(cutDiff) }
  if (part.error) return { ...part, error: cutError(part.error as Json) }
  if (part.result) return { ...part, result: shortenCheck(part.result as CheckResult) }
  if (typeof part.message === "string") return shortenLog(part, part.message)
  return part
}

type StoredCheck = Partial<CheckResult> & Pick<CheckResult, "name">

/** What most checks say is left out, and put back by `checkDefaults`. */
function shortenCheck({ samples, message, ...result }: CheckResult): StoredCheck {
  const stored: StoredCheck = {
    name: result.name,
    ...(result.severity !== "error" && { severity: result.severity }),
    ...(result.blocking !== (result.severity === "error") && { blocking: result.blocking }),
    ...(!result.passed && { passed: false }),
    ...(result.badRows !== undefined && { badRows: result.badRows }),
    ...(message !== undefined && { message: cut(message, SAMPLES_LIMIT) }),
  }
  const kept: Json[] = []
  for (const sample of samples ?? []) if (lengthOf([...kept, sample]) <= SAMPLES_LIMIT) kept.push(sample)
  return kept.length > 0 ? { ...stored, samples: kept } : stored
}

function checkDefaults({ severity = "error" }: StoredCheck) {
  return { severity, blocking: severity === "error", passed: true }
}

function shortenLog({ fields, ...part }: StepPart, text: string): StepPart {
  const message = cut(text, LOG_LIMIT)
  if (fields === undefined) return { ...part, message }
  const fits = JSON.stringify(fields).length <= LOG_LIMIT
  return { ...part, message, fields: fits ? fields : { truncated: cut(JSON.stringify(fields), TEXT_LIMIT) } }
}

/** Leaves out first what is told elsewhere or can be looked up with the data, until the record fits. */
function fit(whole: CompactMaterialization): CompactMaterialization {
  const results = whole.checks?.map(({ samples: _samples, ...check }) => check)
  const events = whole.checks?.reduce((sum, check) => sum + CHECK_EVENT + lengthOf(shortenCheck(check)), 0) ?? 0
  const limit = Math.max(LEAST_MATERIALIZATION, STEP_LIMIT - events)
  const fits = (m: CompactMaterialization) => lengthOf(m) <= limit
  const full = results ? { ...whole, checks: results } : whole
  if (fits(full)) return full
  const { checks: _checks, ...unchecked } = full
  if (fits(unchecked)) return unchecked
  const { columns, ...rest } = unchecked
  const typed = columns ? { ...rest, columns: columns.map(nameAndType) } : rest
  if (fits(typed)) return typed
  if (fits(rest)) return rest
  const bare: CompactMaterialization = rest.metadata ? { ...rest, metadata: { truncated: true } } : rest
  if (fits(bare)) return bare
  const { usage: _usage, ...unmeasured } = bare
  if (fits(unmeasured)) return unmeasured
  return { ...unmeasured, inputs: Object.fromEntries(Object.entries(bare.inputs).slice(0, INPUTS)) }
}

function nameAndType(column: NonNullable<CompactMaterialization["columns"]>[number]) {
  return "name" in column ? ([column.name, column.type] as const) : ([column[0], column[1]] as const)
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value).length
}

/** Cuts the texts of an error shorter and shorter until it fits. */
function cutError(error: Json): Json {
  for (let limit = TEXT_LIMIT; limit > 50; limit /= 2) {
    const texts = cutTexts(error, limit)
    if (lengthOf(texts) <= ERROR_LIMIT) return texts
  }
  const { code = "UNEXPECTED", what = "" } = (error ?? {}) as { readonly code?: Json; readonly what?: Json }
  return { code, what: cut(String(what), 400), truncated: true }
}

function cutDiff(reason: Reason): Reason {
  if (reason.kind !== "code_changed" || !reason.diff) return reason
  const lines = reason.diff.slice(0, DIFF_LINES).map(line => cut(line, DIFF_LINE))
  const left = reason.diff.length - lines.length
  return { kind: "code_changed", diff: left > 0 ? [...lines, `… ${left} more lines`] : lines }
}

function cutTexts(value: Json, limit: number, depth = 0): Json {
  if (typeof value === "string") return cut(value, limit)
  if (value === null || typeof value !== "object" || depth > 3) return value
  if (Array.isArray(value)) return value.slice(0, 20).map(item => cutTexts(item, limit, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cutTexts(item, limit, depth + 1)]))
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`
}
