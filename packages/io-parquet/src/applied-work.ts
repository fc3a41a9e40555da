/** A SHA-256 in hex takes 64 characters, and 43 as base64url; what is no such digest stands after `=`. */
const digest = /^[0-9a-f]{64}$/
const short = /^[A-Za-z0-9_-]{43}$/

/** Fingerprints as they are kept in pointers and markers. */
export function packApplied(applied: ReadonlySet<string>): string[] {
  return [...applied].map(one => (digest.test(one) ? Buffer.from(one, "hex").toString("base64url") : `=${one}`))
}

/** Undefined when the value is not what `packApplied` gives. */
export function unpackApplied(value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined) return new Set()
  if (!Array.isArray(value)) return undefined
  const applied = new Set<string>()
  for (const one of value) {
    if (typeof one !== "string") return undefined
    if (one.startsWith("=")) applied.add(one.slice(1))
    else if (short.test(one)) applied.add(Buffer.from(one, "base64url").toString("hex"))
    else return undefined
  }
  return applied
}
