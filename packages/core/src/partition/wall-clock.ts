import { parseCron } from "../util/cron.ts"

const DAY = 86_400_000

/** Local times that recur, in milliseconds as if they were UTC. */
export interface WallClock {
  /** The first one after a local time; infinity when there is none. */
  next(local: number): number
  /** The last one before a local time; minus infinity when there is none. */
  previous(local: number): number
  /** Whether they recur in every hour: then an hour that clocks show twice has them twice. */
  readonly everyHour: boolean
}

/** Times that lie evenly: `phase` after 1970-01-01T00:00, and each `step` from there. */
export function evenly(step: number, phase: number): WallClock {
  return {
    next: local => (Math.floor((local - phase) / step) + 1) * step + phase,
    previous: local => (Math.ceil((local - phase) / step) - 1) * step + phase,
    everyHour: step < DAY,
  }
}

/** A time on one day of every month. */
export function monthlyOn(day: number, timeOfDay: number): WallClock {
  const at = (month: number) => Date.UTC(1970, month, day) + timeOfDay
  const monthOf = (local: number) => {
    const date = new Date(local)
    return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
  }
  return {
    next(local) {
      const month = monthOf(local)
      return at(month) > local ? at(month) : at(month + 1)
    },
    previous(local) {
      const month = monthOf(local)
      return at(month) < local ? at(month) : at(month - 1)
    },
    everyHour: false,
  }
}

const nicknames: { readonly [name: string]: string } = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
}

/**
 * The times of a cron expression. Its minutes and hours are the same on each day that it fits, so that croner is asked
 * for the times of one day, and for days; the rest is arithmetic.
 */
export function cronClock(expression: string): WallClock {
  const text = expression.trim()
  const [minute = "*", hour = "*", ...days] = (nicknames[text.toLowerCase()] ?? text).split(/\s+/)
  const times = timesOfDay(`${minute} ${hour} * * *`)
  const first = times[0] ?? 0
  const last = times.at(-1) ?? 0
  const day = days.every(field => field === "*" || field === "?") ? evenly(DAY, 0) : daysOf(`0 0 ${days.join(" ")}`)
  return {
    next(local) {
      const midnight = Math.floor(local / DAY) * DAY
      const within = local < midnight + last && day.next(midnight - 1) === midnight
      if (within) return midnight + (times.find(time => midnight + time > local) ?? first)
      return day.next(midnight) + first
    },
    previous(local) {
      const midnight = Math.floor(local / DAY) * DAY
      const within = local > midnight + first && day.next(midnight - 1) === midnight
      if (within) return midnight + (times.findLast(time => midnight + time < local) ?? last)
      return day.previous(midnight) + last
    },
    everyHour: hour === "*",
  }
}

/** Milliseconds after midnight. */
function timesOfDay(expression: string): number[] {
  const cron = parseCron(expression)
  const times: number[] = []
  for (let at = cron.nextRun(new Date(-1)); at && at.getTime() < DAY; at = cron.nextRun(at)) times.push(at.getTime())
  return times
}

/** The midnights of a cron expression; the last answer is kept, since it is asked for each time of one day. */
function daysOf(expression: string): WallClock {
  const cron = parseCron(expression)
  let asked = Number.NaN
  let answer = Number.NaN
  return {
    next(local) {
      if (local !== asked) {
        asked = local
        answer = cron.nextRun(new Date(local))?.getTime() ?? Number.POSITIVE_INFINITY
      }
      return answer
    },
    previous: local => cron.previousRuns(1, new Date(local))[0]?.getTime() ?? Number.NEGATIVE_INFINITY,
    everyHour: false,
  }
}
