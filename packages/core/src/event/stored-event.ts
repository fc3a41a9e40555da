import type { Materialization } from "../io/io-manager.ts"
import type { Reason } from "../plan/execution-plan.ts"
import type { Json } from "../util/json.ts"
import type { AssetsEvent, NewEvent } from "./event.ts"

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

/** Bytes to which the text of a materialization is cut, so that a step's history stays below 2 kB. */
const MATERIALIZATION_LIMIT = 1_100
const DIFF_LINES = 12
const DIFF_LINE = 100
const TEXT_LIMIT = 1_000
/** Characters of one line of a step's log, and of its fields. */
const LOG_LIMIT = 8_000
const INPUTS = 10

/** Returns the event's columns and payload. The data keeps the whole record; the log keeps what fits. */
export function storeEvent(event: NewEvent): { step: string | null; key: string | null; payload: string } {
  const { type: _type, runId: _runId, ...rest } = event
  if (!("step" in rest)) return { step: null, key: null, payload: JSON.stringify(rest) }
  const { step, key, partitions, ...own } = rest
  const payload = { ...shorten(own), ...(partitions.length > 0 && { partitions }) }
  return { step: step === key ? null : step, key, payload: JSON.stringify(payload) }
}

/** Returns the event that a row holds. */
export function eventOf(row: EventRow): AssetsEvent {
  const { partitions = [], ...payload } = JSON.parse(row.payload)
  const base = { id: row.id, time: new Date(row.time).toISOString(), type: row.type, runId: row.run_id }
  if (row.key === null) return { ...base, ...payload }
  // The row was written from an event of this union; nothing else is.
  return { ...base, step: row.step ?? row.key, key: row.key, partitions, ...payload } as AssetsEvent
}

type StepPart = { readonly [name: string]: unknown }

function shorten(part: StepPart): StepPart {
  if (part.materialization) return { ...part, materialization: fit(part.materialization as Materialization) }
  if (part.reasons) return { ...part, reasons: (part.reasons as readonly Reason[]).map(cutDiff) }
  if (part.error) return { ...part, error: cutTexts(part.error as Json, 0) }
  if (typeof part.message === "string") return shortenLog(part, part.message)
  return part
}

function shortenLog({ fields, ...part }: StepPart, text: string): StepPart {
  const message = cut(text, LOG_LIMIT)
  if (fields === undefined) return { ...part, message }
  const fits = JSON.stringify(fields).length <= LOG_LIMIT
  return { ...part, message, fields: fits ? fields : { truncated: cut(JSON.stringify(fields), TEXT_LIMIT) } }
}

/** Leaves out first what is told elsewhere or can be looked up with the data, until the record fits. */
function fit(whole: Materialization): Materialization {
  const checks = whole.checks?.map(({ samples: _samples, ...check }) => check)
  const full: Materialization = checks ? { ...whole, checks } : whole
  const fits = (m: Materialization) => JSON.stringify(m).length <= MATERIALIZATION_LIMIT
  if (fits(full)) return full
  const { columns, ...rest } = full
  const typed = columns ? { ...rest, columns: columns.map(({ name, type }) => ({ name, type })) } : rest
  if (fits(typed)) return typed
  if (fits(rest)) return rest
  const bare: Materialization = rest.metadata ? { ...rest, metadata: { truncated: true } } : rest
  return fits(bare) ? bare : { ...bare, inputs: Object.fromEntries(Object.entries(bare.inputs).slice(0, INPUTS)) }
}

function cutDiff(reason: Reason): Reason {
  if (reason.kind !== "code_changed" || !reason.diff) return reason
  const lines = reason.diff.slice(0, DIFF_LINES).map(line => cut(line, DIFF_LINE))
  const left = reason.diff.length - lines.length
  return { kind: "code_changed", diff: left > 0 ? [...lines, `… ${left} more lines`] : lines }
}

function cutTexts(value: Json, depth: number): Json {
  if (typeof value === "string") return cut(value, TEXT_LIMIT)
  if (value === null || typeof value !== "object" || depth > 3) return value
  if (Array.isArray(value)) return value.slice(0, 20).map(item => cutTexts(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cutTexts(item, depth + 1)]))
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`
}
