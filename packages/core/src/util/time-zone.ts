const DAY = 86_400_000
/** No zone changes its offset twice within a block. */
const BLOCK = 7 * DAY

const zones = new Map<string, TimeZone>()

/**
 * Offsets of an IANA zone. Times are milliseconds: instants since 1970 UTC, and local times as if they were UTC.
 *
 * `Intl` is asked once per week of time and at the changes; what lies between is arithmetic, so that a hundred thousand
 * questions cost milliseconds.
 */
export class TimeZone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat | undefined
  readonly #blocks = new Map<number, Block>()
  #lastIndex = Number.NaN
  #lastBlock: Block | undefined

  /** @throws RangeError for a name that is no zone */
  static of(name: string): TimeZone {
    const known = zones.get(name)
    if (known) return known
    const zone = new TimeZone(name)
    zones.set(name, zone)
    return zone
  }

  private constructor(name: string) {
    this.name = name
    const number = "2-digit"
    const fields = {
      year: "numeric",
      month: number,
      day: number,
      hour: number,
      minute: number,
      second: number,
    } as const
    const format = new Intl.DateTimeFormat("en-US", { timeZone: name, hourCycle: "h23", era: "short", ...fields })
    this.#format = ["UTC", "Etc/UTC", "GMT"].includes(format.resolvedOptions().timeZone) ? undefined : format
  }

  /** Milliseconds that local time is ahead of UTC. */
  offset(instant: number): number {
    if (!this.#format) return 0
    const block = this.#blockAt(Math.floor(instant / BLOCK))
    return instant < block.change ? block.before : block.after
  }

  local(instant: number): number {
    return instant + this.offset(instant)
  }

  /**
   * The instant of a local time: the first one where clocks show it twice, and the instant of the change where they
   * leap over it.
   */
  instant(local: number): number {
    const before = this.offset(local - DAY)
    const after = this.offset(local + DAY)
    const early = local - Math.max(before, after)
    if (before === after) return early
    const late = local - Math.min(before, after)
    if (early + this.offset(early) === local) return early
    if (late + this.offset(late) === local) return late
    return this.nextChange(early - 1, late)
  }

  /** Whether clocks have shown this instant's local time before. */
  isRepeated(instant: number): boolean {
    const offset = this.offset(instant)
    return this.offset(instant - DAY) !== offset && this.instant(instant + offset) !== instant
  }

  /** The first change of offset after an instant, up to another; infinity when there is none. */
  nextChange(after: number, until: number): number {
    if (!this.#format) return Number.POSITIVE_INFINITY
    for (let index = Math.floor(after / BLOCK); index * BLOCK <= until; index++) {
      const { change } = this.#blockAt(index)
      if (change > after && change <= until) return change
    }
    return Number.POSITIVE_INFINITY
  }

  #blockAt(index: number): Block {
    if (index === this.#lastIndex && this.#lastBlock) return this.#lastBlock
    let block = this.#blocks.get(index)
    if (!block) {
      block = this.#makeBlock(index * BLOCK)
      this.#blocks.set(index, block)
    }
    this.#lastIndex = index
    this.#lastBlock = block
    return block
  }

  #makeBlock(start: number): Block {
    const before = this.#ask(start)
    const after = this.#ask(start + BLOCK)
    if (before === after) return { before, after, change: Number.POSITIVE_INFINITY }
    let low = start
    let high = start + BLOCK
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000
      if (this.#ask(middle) === before) low = middle
      else high = middle
    }
    return { before, after, change: high }
  }

  #ask(instant: number): number {
    const parts: { [type: string]: string } = {}
    for (const { type, value } of this.#format?.formatToParts(instant) ?? []) parts[type] = value
    const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year)
    const local = new Date(0)
    local.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day))
    local.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second))
    return local.getTime() - Math.floor(instant / 1000) * 1000
  }
}

/** A stretch of time with at most one change: `before` holds until `change`, and `after` from it on. */
interface Block {
  readonly before: number
  readonly after: number
  readonly change: number
}
