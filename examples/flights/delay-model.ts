/** A line `minutes = intercept + minutesPerHour × hour`. */
export interface DelayModel {
  readonly intercept: number
  readonly minutesPerHour: number
  /** Share of the variance that the line explains, from 0 to 1. */
  readonly r2: number
  readonly flights: number
}

/** What the model is fitted to: an hour's flights and their mean delay, as an asset's rows give them. */
export interface HourlyDelay {
  readonly hour: number | null
  readonly flights: bigint | null
  readonly mean_delay: number | null
}

/** The hours in which few fly; their delays are those of the night before. */
const FIRST_HOUR = 5

/** Fits a line by weighted least squares. */
export function fitDelayModel(points: readonly HourlyDelay[]): DelayModel {
  const sums = { w: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 }
  for (const { hour, flights, mean_delay } of points) {
    if (hour === null || flights === null || mean_delay === null || hour < FIRST_HOUR) continue
    const w = Number(flights)
    sums.w += w
    sums.x += w * hour
    sums.y += w * mean_delay
    sums.xx += w * hour * hour
    sums.xy += w * hour * mean_delay
    sums.yy += w * mean_delay * mean_delay
  }
  const sxx = sums.xx - sums.x ** 2 / sums.w
  const sxy = sums.xy - (sums.x * sums.y) / sums.w
  const syy = sums.yy - sums.y ** 2 / sums.w
  const minutesPerHour = sxy / sxx
  return {
    intercept: (sums.y - minutesPerHour * sums.x) / sums.w,
    minutesPerHour,
    r2: sxy ** 2 / (sxx * syy),
    flights: sums.w,
  }
}
