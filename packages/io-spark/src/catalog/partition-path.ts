/** The values of a partition by their columns, as Spark tells them: `_partition_key=2024-01-01/_write=…`. */
export function parsePartition(path: string): ReadonlyMap<string, string> {
  const pairs = path.split("/").map(pair => {
    const at = pair.indexOf("=")
    return [unescaped(pair.slice(0, at)), unescaped(pair.slice(at + 1))] as const
  })
  return new Map(pairs)
}

/** Hive writes characters that a name of a folder cannot have as `%` and two digits, each by its code. */
function unescaped(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
