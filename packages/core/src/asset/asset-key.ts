const segmentForm = /^[A-Za-z0-9_.-]+$/
/** What every file system takes as the name of a folder. */
const longestSegment = 200

/** Says what is wrong with an asset key, as why and fix; undefined for a good one. */
export function assetKeyFault(key: unknown): { readonly why: string; readonly fix: string } | undefined {
  if (typeof key !== "string") {
    return {
      why: `A key is text, and this is ${key === null ? "null" : typeof key}.`,
      fix: "Write asset('group/name', {...}).",
    }
  }
  if (key === "") return { why: "The key is empty.", fix: "Give the asset a name, as 'marts/revenue'." }
  for (const segment of key.split("/")) {
    if (segment === "") {
      return {
        why: "It has an empty segment: a slash at the start or the end, or two in a row.",
        fix: "Put one slash between segments, and none around them.",
      }
    }
    if (segment === "." || segment === "..") {
      return {
        why: `The segment '${segment}' would leave the asset's own folder.`,
        fix: "Use names between the slashes.",
      }
    }
    if (!segmentForm.test(segment)) {
      const wrong = [...segment].find(character => !segmentForm.test(character)) ?? ""
      return {
        why: `The character '${wrong}' cannot stand in a key.`,
        fix: "Use letters without accents, digits, '_', '.' and '-', with '/' between segments.",
      }
    }
    if (segment.length > longestSegment) {
      return {
        why: `A segment has ${segment.length} characters, and a folder's name holds ${longestSegment}.`,
        fix: "Shorten it, or divide it into segments.",
      }
    }
    if (segment.startsWith("_") || segment.toLowerCase() === "latest") {
      return {
        why: `The segment '${segment}' is reserved: storage uses 'latest' and names that start with '_' for itself.`,
        fix: "Choose another name for the segment.",
      }
    }
  }
  return undefined
}
