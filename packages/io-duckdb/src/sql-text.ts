/** A name between double quotes, as DuckDB reads it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A qualified name, each part quoted. */
export function quotePath(path: readonly string[]): string {
  return path.map(quoteName).join(".")
}

/** A text literal. The character 0, which ends a statement's text, is written as a call. */
export function quoteText(value: string): string {
  const parts = value.split("\0").map(part => `'${part.replaceAll("'", "''")}'`)
  return parts.length === 1 ? (parts[0] ?? "''") : `(${parts.join(" || chr(0) || ")})`
}
