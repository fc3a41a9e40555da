const units = ["B", "kB", "MB", "GB", "TB"]

/** Returns a size for people: `812 B`, `4.1 kB`, `1.2 GB`, in powers of 1,000. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
