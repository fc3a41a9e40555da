import { randomFillSync } from "node:crypto"

const pool = new Uint8Array(16 * 256)
let used = pool.length
let lastMs = 0
let sequence = 0

/** Returns a UUIDv7: sorts by the time at which it was made, also within a millisecond of one process. */
export function uuidv7(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + 16)
  used += 16
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    sequence = ((bytes[6] ?? 0) << 2) | ((bytes[7] ?? 0) & 3) // starts low, so that there is room to count
  } else if (++sequence > 0xfff) {
    lastMs++
    sequence = 0
  }
  const time = lastMs.toString(16).padStart(12, "0")
  const rest = Array.from(bytes.subarray(8), byte => byte.toString(16).padStart(2, "0")).join("")
  const variant = ((Number.parseInt(rest.slice(0, 1), 16) & 3) | 8).toString(16)
  const third = sequence.toString(16).padStart(3, "0")
  return `${time.slice(0, 8)}-${time.slice(8)}-7${third}-${variant}${rest.slice(1, 4)}-${rest.slice(4)}`
}
