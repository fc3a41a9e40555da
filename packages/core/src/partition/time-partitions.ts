import { ConfigError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"
import type { TimeZone } from "../util/time-zone.ts"
import type { KeyFormat } from "./key-format.ts"
import type { PartitionContext, Partitions, TimeWindow } from "./partitions.ts"
import type { Ticks } from "./ticks.ts"

/** What a rule of time windows is made of; `daily` and its kind read it from their options. */
export interface TimeRule {
  readonly zone: TimeZone
  /** The bounds of windows. */
  readonly ticks: Ticks
  /** The cron expression of the bounds, or the word for them; identifies them. */
  readonly rule: string
  /** The first window starts at the first tick at or after this instant. */
  readonly start: number
  /** The last window ends at or before this instant. */
  readonly end: number | undefined
  /** Windows beyond the last complete one (above 0), or complete ones left out (below 0). */
  readonly endOffset: number
  readonly format: KeyFormat
  /** Instants, and ticks, at which no window starts. */
  readonly excluded: { readonly instants: ReadonlySet<number>; readonly ticks: readonly Ticks[]; readonly texts: Json }
  readonly column: string | undefined
}

/**
 * Windows of time, one after another without gap or overlap, but for those that are excluded. A key is the local time
 * at which its window starts.
 */
export class TimePartitions implements Partitions {
  readonly kind = "time"
  readonly column?: string
  readonly #rule: TimeRule
  /** The keys up to a last window: a plan asks for them many times with one `now`. */
  #cached: { readonly last: number; readonly keys: readonly string[] } | undefined

  constructor(rule: TimeRule) {
    this.#rule = rule
    if (rule.column !== undefined) this.column = rule.column
    Object.freeze(this)
  }

  keys({ now }: PartitionContext): string[] {
    const last = this.#lastStart(now.getTime())
    if (this.#cached?.last !== last) this.#cached = { last, keys: this.#keysUpTo(last) }
    return this.#cached.keys.slice()
  }

  has(key: string, { now }: PartitionContext): boolean {
    const start = this.#startOf(key)
    if (start === undefined || start < this.#rule.start) return false
    return start <= this.#lastStart(now.getTime())
  }

  /** @throws ConfigError `PARTITION_KEY_UNKNOWN` for a text that is no key; whether it exists yet is `has` */
  window(key: string): TimeWindow {
    const start = this.#startOf(key)
    if (start === undefined) throw this.#unknown(key)
    return { start: new Date(start), end: new Date(this.#rule.ticks.after(start)) }
  }

  /** The keys of windows that share an instant with a window, whether they exist or not. */
  overlapping({ start, end }: TimeWindow): string[] {
    const { ticks } = this.#rule
    const keys: string[] = []
    for (let at = ticks.before(start.getTime() + 1); at < end.getTime(); at = ticks.after(at)) {
      if (Number.isFinite(at) && !this.#isExcluded(at)) keys.push(this.#keyOf(at))
      if (!Number.isFinite(at)) break
    }
    return keys
  }

  /** The keys of the last `count` windows that end at or before an instant, in order, whether they exist or not. */
  lastBefore(end: Date, count: number): string[] {
    const keys: string[] = []
    let at = this.#lastComplete(end.getTime())
    for (; keys.length < count && Number.isFinite(at); at = this.#step(at, -1)) keys.push(this.#keyOf(at))
    return keys.reverse()
  }

  /** A window moved by whole windows of this rule: what offsets of a mapping count. */
  shifted({ start, end }: TimeWindow, startOffset: number, endOffset: number): TimeWindow {
    return {
      start: new Date(this.#moved(start.getTime(), startOffset)),
      end: new Date(this.#moved(end.getTime(), endOffset)),
    }
  }

  /** Whether the first windows' keys lead back to them; not so where the format leaves out what tells them apart. */
  readsItsKeys(): boolean {
    const { ticks, start } = this.#rule
    let at = ticks.after(start - 1)
    for (let n = 0; n < 50 && Number.isFinite(at); n++, at = ticks.after(at)) {
      if (!this.#isExcluded(at) && this.#startOf(this.#keyOf(at)) !== at) return false
    }
    return true
  }

  describe(): Json {
    const { rule, zone, start, end, endOffset, format, excluded, column } = this.#rule
    return {
      kind: "time",
      rule,
      timezone: zone.name,
      start: new Date(start).toISOString(),
      ...(end !== undefined && { end: new Date(end).toISOString() }),
      ...(endOffset !== 0 && { endOffset }),
      format: format.pattern,
      ...(Array.isArray(excluded.texts) && excluded.texts.length > 0 && { exclude: excluded.texts }),
      ...(column !== undefined && { column }),
    }
  }

  #keysUpTo(last: number): string[] {
    const keys: string[] = []
    const { ticks, start } = this.#rule
    for (let at = ticks.after(start - 1); at <= last; at = ticks.after(at)) {
      if (!this.#isExcluded(at)) keys.push(this.#keyOf(at))
    }
    return keys
  }

  #keyOf(start: number): string {
    const { zone, format } = this.#rule
    const offset = zone.offset(start)
    return format.write(start + offset, offset, zone.isRepeated(start))
  }

  /** Where the window of a key starts; undefined for a text that is no key of the rule. */
  #startOf(key: string): number | undefined {
    const { zone, format, ticks } = this.#rule
    const read = typeof key === "string" ? format.read(key) : undefined
    if (!read) return undefined
    const said = read.offset === undefined ? zone.instant(read.local) : read.local - read.offset
    const start = ticks.after(said - 1)
    return Number.isFinite(start) && this.#keyOf(start) === key && !this.#isExcluded(start) ? start : undefined
  }

  #isExcluded(start: number): boolean {
    const { instants, ticks } = this.#rule.excluded
    return instants.has(start) || ticks.some(tick => tick.before(start + 1) === start)
  }

  /** Where the last window that exists at an instant starts; minus infinity when none does. */
  #lastStart(now: number): number {
    const { end, endOffset, start } = this.#rule
    let last = this.#lastComplete(now)
    for (let n = 0; n < Math.abs(endOffset) && Number.isFinite(last); n++) last = this.#step(last, Math.sign(endOffset))
    if (end !== undefined) last = Math.min(last, this.#lastComplete(end))
    return last >= start ? last : Number.NEGATIVE_INFINITY
  }

  /** Where the last window that ends at or before an instant starts. */
  #lastComplete(instant: number): number {
    const { ticks } = this.#rule
    const start = ticks.before(ticks.before(instant + 1))
    return Number.isFinite(start) && this.#isExcluded(start) ? this.#step(start, -1) : start
  }

  /** The start of the next window, or of the one before, those that are excluded passed over. */
  #step(start: number, direction: number): number {
    const { ticks } = this.#rule
    const next = (at: number) => (direction > 0 ? ticks.after(at) : ticks.before(at))
    let at = next(start)
    while (Number.isFinite(at) && this.#isExcluded(at)) at = next(at)
    return at
  }

  #moved(instant: number, offset: number): number {
    const { ticks } = this.#rule
    let at = instant
    for (let n = 0; n < Math.abs(offset) && Number.isFinite(at); n++)
      at = offset > 0 ? ticks.after(at) : ticks.before(at)
    return at
  }

  #unknown(key: string): ConfigError {
    const { ticks, start, format, zone, rule } = this.#rule
    return new ConfigError("PARTITION_KEY_UNKNOWN", {
      what: `'${key}' is no partition key here.`,
      why: `Keys have the form ${format.pattern} and are the starts of windows (${rule}, ${zone.name}); those that are excluded are none.`,
      fix: `Write a key such as '${this.#keyOf(ticks.after(start - 1))}'.`,
      details: { key },
    })
  }
}
