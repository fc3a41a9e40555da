export { formatBytes } from "@assets/core"

/** `0.42s`, `12.3s`, `4m05s`, `1h02m`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(2)}s`
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  const pad = (value: number) => `${value}`.padStart(2, "0")
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h${pad(Math.floor((whole % 3600) / 60))}m`
}

/** `1 row`, `1,200 rows`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`
}

/** `marts/revenue`, `marts/revenue [2024-01-05]`, `marts/revenue [2024-01-01..2024-01-31]`. */
export function formatStep(key: string, partitions: readonly string[]): string {
  const [first] = partitions
  if (first === undefined) return key
  return `${key} [${partitions.length === 1 ? first : `${first}..${partitions.at(-1)}`}]`
}
