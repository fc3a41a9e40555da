/** Says why a text cannot be a partition key; undefined when it can. */
export function keyTextFault(key: unknown): string | undefined {
  if (typeof key !== "string" || key === "") return "A key is text that is not empty."
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(key)) return "It holds a control character, which no one could see or type."
  if (key.includes("..")) return "'..' stands between the ends of a range of keys, as in --partitions A..B."
  if (key.includes("|")) return "'|' stands between the dimensions of a key."
  if (/[[\],]/.test(key)) return "'[', ']' and ',' stand around and between keys where they are shown."
  if (key !== key.trim()) return "It begins or ends with a space, which no one could see."
  if (/^(all|missing|failed)$/.test(key)) return `'${key}' stands for keys in --partitions.`
  return key.length > 200 ? `It has ${key.length} characters, and the name of a folder holds 200.` : undefined
}
