const number = new Intl.NumberFormat("en-US")
const dateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" })
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" })
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" })
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
const clockSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

/** `2,999,850`; a dash for what is not known. */
export const formatCount = (value: number | null | undefined) => (value == null ? "–" : number.format(value))

/** `18.4 MB`, in powers of 1,000. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes == null) return "–"
  const units = ["B", "kB", "MB", "GB", "TB", "PB"]
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `340 ms`, `4.2 s`, `3 m 05 s`, `2 h 14 m`. */
export function formatDuration(ms: number): string {
  const rounded = Math.max(0, Math.round(ms))
  if (rounded < 1000) return `${rounded} ms`
  if (rounded < 59_950) return `${(rounded / 1000).toFixed(1)} s`
  const seconds = Math.round(rounded / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} m ${String(seconds % 60).padStart(2, "0")} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`
}

/** Milliseconds from a start to an end, or to now. */
export function elapsed(startedAt: string | null, endedAt: string | null, now: number): number | null {
  if (startedAt === null) return null
  return (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)
}

/** `just now`, `4 min ago`, `14:02`, `12 Mar, 14:02`: exact enough to find it, and in this browser's zone. */
export function formatWhen(iso: string, now: number): string {
  const at = Date.parse(iso)
  const ago = now - at
  if (ago < 10_000) return "just now"
  if (ago < 60_000) return `${Math.floor(ago / 1000)} s ago`
  if (ago < 3_600_000) return `${Math.floor(ago / 60_000)} min ago`
  const then = new Date(at)
  const today = new Date(now)
  if (then.toDateString() === today.toDateString()) return `today, ${clock.format(then)}`
  const sameYear = then.getFullYear() === today.getFullYear()
  return sameYear ? `${day.format(then)}, ${clock.format(then)}` : dayOfYear.format(then)
}

/** `12 Mar 2026, 14:02:11`, with the zone's offset, for titles. */
export const formatDateTime = (iso: string) => `${dateTime.format(new Date(iso))} (${iso})`

/** `14:02:11.340`, for logs. */
export function formatClock(iso: string): string {
  const at = new Date(iso)
  return `${clockSeconds.format(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`
}

/** The part of an id that people compare: UUIDv7 begins with the time, so its end tells ids apart. */
export const shortId = (id: string) => (id.length > 12 ? id.slice(-8) : id)

/** `code_changed` as words. */
export const words = (text: string) => text.replaceAll("_", " ")
