import { FrameError } from "../errors/frame-error.ts"
import { unsupported } from "./signature.ts"

/** Parts of Java's patterns that DuckDB's RE2 lacks, or reads in another way. */
const refused: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\(\?[=!]|^\(\?<[=!]/, "look-around"],
  [/^\(\?>/, "an atomic group"],
  [/^\\[1-9]|^\\k</, "a back-reference"],
  [/^[*+?}]\+/, "a possessive quantifier"],
  [/^\(\?[a-zA-Z]*[xudU]/, "the flags x, u, d or U"],
  [/^\\[GZRXhHVNpP](?!\{\^?[A-Z][a-z]?\}|[LMNPSZC])/, "a class that only Java has"],
]

/** The characters that end a line in Java: `.` does not match them. */
const anyButLineEnd = "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]"

/**
 * Translates a pattern of Java to RE2.
 * @throws FrameError `FRAME_UNSUPPORTED` for look-around, back-references and what else RE2 has not
 */
export function translatePattern(pattern: string, name: string): string {
  const dotAll = /^\(\?[a-z]*s/.test(pattern)
  let out = ""
  let inClass = false
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at)
    const found = inClass ? undefined : refused.find(([r]) => r.test(rest))
    if (found || (inClass && (rest.startsWith("&&") || rest.startsWith("[")) && !rest.startsWith("[:"))) {
      const what = found?.[1] ?? "a class inside a class"
      throw unsupported(
        name,
        `The pattern '${pattern}' uses ${what}, which DuckDB's regular expressions lack.`,
        "Write it without.",
      )
    }
    const piece = translatePiece(rest, inClass, dotAll)
    if (piece.read === 1 && rest.startsWith("[") && !inClass) {
      inClass = true
      // A ] right after the opening is a character of the class.
      const opening = /^\[\^?\]?/.exec(rest)?.[0] ?? "["
      out += opening
      at += opening.length
      continue
    }
    if (inClass && rest.startsWith("]")) inClass = false
    out += piece.text
    at += piece.read
  }
  return checked(out, pattern, name)
}

/**
 * A pattern that is only asked whether it matches. In Java a `$` matches before a line's end that ends the text, too;
 * RE2 says so by taking that end in, which changes no answer here.
 */
export function translateTest(pattern: string, name: string): string {
  const translated = translatePattern(pattern, name)
  const ends = /(?:^|[^\\])(?:\\\\)*\$$/.test(pattern) && !/^\(\?[a-z]*m/.test(pattern)
  return ends ? `${translated.slice(0, -1)}(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z` : translated
}

function translatePiece(rest: string, inClass: boolean, dotAll: boolean): { text: string; read: number } {
  const unicode = /^\\u([0-9a-fA-F]{4})/.exec(rest)
  if (unicode) return { text: `\\x{${unicode[1]}}`, read: 6 }
  if (rest.startsWith("\\s")) return { text: inClass ? " \\t\\n\\x0B\\f\\r" : "[ \\t\\n\\x0B\\f\\r]", read: 2 }
  if (rest.startsWith("\\S") && !inClass) return { text: "[^ \\t\\n\\x0B\\f\\r]", read: 2 }
  if (rest.startsWith("\\")) return { text: rest.slice(0, 2), read: 2 }
  if (!inClass && rest.startsWith("(?<")) return { text: "(?P<", read: 3 }
  if (!inClass && !dotAll && rest.startsWith(".")) return { text: anyButLineEnd, read: 1 }
  return { text: rest.charAt(0), read: 1 }
}

/** What is wrong in both, such as a group that is not closed, is found by JavaScript's own reader. */
function checked(translated: string, pattern: string, name: string): string {
  const script = scriptPattern(pattern)
  try {
    if (script !== undefined) new RegExp(script, "u")
  } catch (cause) {
    // The `u` flag is stricter than Java about needless backslashes; without it only real faults are left.
    try {
      new RegExp(script ?? "")
    } catch {
      throw new FrameError("FRAME_ARGUMENT_INVALID", {
        what: `The pattern of '${name}' is not valid: ${pattern}`,
        why: cause instanceof Error ? cause.message : String(cause),
        fix: "Correct the pattern.",
        details: { function: name, pattern },
        cause,
      })
    }
  }
  return translated
}

/** The pattern as JavaScript reads it, or undefined where its flags have no like. */
function scriptPattern(pattern: string): string | undefined {
  const plain = pattern.replace(/^\(\?[ims]+\)/, "")
  return /\(\?[a-z]+[):]|\[\[:|\\[AzQE]/.test(plain) ? undefined : plain
}

/** How many groups a pattern captures. */
export function groupCount(pattern: string): number {
  return (pattern.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]])*\]/g, "").match(/\((?!\?)|\(\?<(?![=!])/g) ?? []).length
}

/**
 * Whether the pattern can match nothing in the middle of a text: Java then matches inside a character outside of the
 * BMP and breaks it.
 */
export function matchesNothing(pattern: string): boolean {
  const script = scriptPattern(pattern)
  if (script === undefined) return false
  const sticky = new RegExp(script, "y")
  sticky.lastIndex = 1
  return sticky.exec("\u0001\u0002\u0003")?.[0] === ""
}

/** A replacement of Java (`$1`, `\$`) as RE2 writes it (`\1`). */
export function translateReplacement(replacement: string, name: string): string {
  let out = ""
  for (let at = 0; at < replacement.length; at++) {
    const c = replacement.charAt(at)
    const next = replacement.charAt(at + 1)
    if (c === "\\") {
      out += next === "\\" ? "\\\\" : next
      at++
    } else if (c === "$") {
      if (!/\d/.test(next)) throw unsupported(name, "A named group stands in the replacement.", "Use its number: $1.")
      out += `\\${next}`
      at++
    } else {
      out += c
    }
  }
  return out
}

/** Whether a pattern is a plain text, and which: then no regular expression is needed. */
export function plainText(pattern: string): string | undefined {
  const unescaped = pattern.replace(/\\([^A-Za-z0-9])/g, "$1")
  const bare = pattern.replace(/\\[^A-Za-z0-9]/g, "")
  return /[\\.*+?()[\]{}|^$]/.test(bare) ? undefined : unescaped
}
