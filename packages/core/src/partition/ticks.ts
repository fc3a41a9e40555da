import type { TimeZone } from "../util/time-zone.ts"
import type { WallClock } from "./wall-clock.ts"

const DAY = 86_400_000

/** Instants that recur: the bounds of time windows. */
export interface Ticks {
  /** The first tick after an instant; infinity when there is none. */
  after(instant: number): number
  /** The last tick before an instant; minus infinity when there is none. */
  before(instant: number): number
}

/**
 * The instants at which clocks of a zone show the times of a wall clock.
 *
 * Times within every hour come as often as clocks show them, so that an hour that is repeated has its own ticks. Other
 * times come once: the first time where clocks show them twice, and at the change where clocks leap over them.
 */
export function ticksIn(zone: TimeZone, clock: WallClock): Ticks {
  return clock.everyHour ? new RepeatedTicks(zone, clock) : new SingleTicks(zone, clock)
}

class SingleTicks implements Ticks {
  readonly #zone: TimeZone
  readonly #clock: WallClock
  constructor(zone: TimeZone, clock: WallClock) {
    this.#zone = zone
    this.#clock = clock
  }

  after(instant: number): number {
    const least = Math.min(this.#zone.offset(instant - DAY), this.#zone.offset(instant + DAY))
    let local = this.#clock.next(instant + least)
    while (Number.isFinite(local) && this.#zone.instant(local) <= instant) local = this.#clock.next(local)
    return Number.isFinite(local) ? this.#zone.instant(local) : local
  }

  before(instant: number): number {
    const most = Math.max(this.#zone.offset(instant - DAY), this.#zone.offset(instant + DAY))
    let local = this.#clock.previous(instant + most)
    while (Number.isFinite(local) && this.#zone.instant(local) >= instant) local = this.#clock.previous(local)
    return Number.isFinite(local) ? this.#zone.instant(local) : local
  }
}

class RepeatedTicks implements Ticks {
  readonly #zone: TimeZone
  readonly #clock: WallClock
  constructor(zone: TimeZone, clock: WallClock) {
    this.#zone = zone
    this.#clock = clock
  }

  after(instant: number): number {
    for (let from = instant; ; ) {
      const offset = this.#zone.offset(from)
      const next = this.#clock.next(from + offset) - offset
      const change = this.#zone.nextChange(from, next)
      if (next < change) return next
      // After the change clocks show another time: go on from there, the change itself included.
      const changed = this.#zone.offset(change)
      if (this.#clock.next(change + changed - 1) === change + changed) return change
      from = change
    }
  }

  before(instant: number): number {
    for (let until = instant; ; ) {
      const offset = this.#zone.offset(until - 1)
      const previous = this.#clock.previous(until + offset) - offset
      const change = this.#lastChange(previous, until - 1)
      if (previous >= change) return previous
      until = change
    }
  }

  /** The last change of offset after an instant and not after another; minus infinity when there is none. */
  #lastChange(after: number, until: number): number {
    let last = Number.NEGATIVE_INFINITY
    if (!Number.isFinite(after)) return last
    for (let change = this.#zone.nextChange(after, until); change <= until; ) {
      last = change
      change = this.#zone.nextChange(change, until)
    }
    return last
  }
}
