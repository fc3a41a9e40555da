/** Returns the start of the hour, day, week (its Monday) or month in which an instant lies, in a time zone. */
export function truncateInstant(instant: Date, unit: "hour" | "day" | "week" | "month", timeZone: string): Date {
  const local = new Date(localAsUtc(instant, timeZone))
  local.setUTCMinutes(0, 0, 0)
  if (unit !== "hour") local.setUTCHours(0)
  if (unit === "week") local.setUTCDate(local.getUTCDate() - ((local.getUTCDay() + 6) % 7))
  if (unit === "month") local.setUTCDate(1)
  // The zone's offset may be another at the start than at the instant: the second round uses that of the start.
  let start = local.getTime() - offsetMs(instant, timeZone)
  start = local.getTime() - offsetMs(new Date(start), timeZone)
  return new Date(start)
}

function offsetMs(instant: Date, timeZone: string): number {
  return localAsUtc(instant, timeZone) - Math.floor(instant.getTime() / 1000) * 1000
}

/** The wall clock of a zone, read as if it were UTC's. */
function localAsUtc(instant: Date, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  })
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
