import { unsupported } from "./signature.ts"

/** Java's letters that a text can be parsed by: the regex that guards it, and DuckDB's letter. */
const parseLetters: { readonly [letters: string]: readonly [regex: string, format: string] } = {
  yyyy: ["[0-9]{4}", "%Y"],
  MM: ["[0-9]{2}", "%m"],
  M: ["[0-9]{1,2}", "%m"],
  dd: ["[0-9]{2}", "%d"],
  d: ["[0-9]{1,2}", "%d"],
  HH: ["[0-9]{2}", "%H"],
  H: ["[0-9]{1,2}", "%H"],
  mm: ["[0-9]{2}", "%M"],
  m: ["[0-9]{1,2}", "%M"],
  ss: ["[0-9]{2}", "%S"],
  s: ["[0-9]{1,2}", "%S"],
  SSS: ["[0-9]{3}", "%g"],
  SSSSSS: ["[0-9]{6}", "%f"],
}

/** Java's letters that a time is printed by. */
const formatLetters: { readonly [letters: string]: string } = {
  MMMM: "%B",
  MMM: "%b",
  MM: "%m",
  M: "%-m",
  dd: "%d",
  d: "%-d",
  DDD: "%j",
  D: "%-j",
  EEEE: "%A",
  EEE: "%a",
  EE: "%a",
  E: "%a",
  a: "%p",
  HH: "%H",
  H: "%-H",
  hh: "%I",
  h: "%-I",
  mm: "%M",
  m: "%-M",
  ss: "%S",
  s: "%-S",
  SSS: "%g",
  SSSSSS: "%f",
}

type Piece = { readonly letters: string } | { readonly text: string }

function piecesOf(pattern: string): Piece[] {
  const pieces: Piece[] = []
  for (const match of pattern.matchAll(/([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z']+/g)) {
    if (match[1] !== undefined) pieces.push({ letters: match[0] })
    else if (match[2] !== undefined) pieces.push({ text: match[2] === "" ? "'" : match[2].replaceAll("''", "'") })
    else pieces.push({ text: match[0] })
  }
  return pieces
}

function refuse(name: string, pattern: string, letters: string, known: object): Error {
  const why = `The format '${pattern}' holds '${letters}', which has no form with the same meaning on every engine.`
  return unsupported(name, why, `Use ${Object.keys(known).join(", ")} and quoted text.`)
}

/** A format of Java to parse by, as DuckDB's, with the regex of the texts that Java takes. */
export function timePattern(pattern: string, name: string): { readonly regex: string; readonly format: string } {
  let regex = ""
  let format = ""
  for (const piece of piecesOf(pattern)) {
    if ("text" in piece) {
      regex += piece.text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
      format += piece.text.replaceAll("%", "%%")
      continue
    }
    const known = parseLetters[piece.letters]
    if (!known) throw refuse(name, pattern, piece.letters, parseLetters)
    regex += known[0]
    format += known[1]
  }
  if (!format.includes("%Y")) {
    throw unsupported(
      name,
      `The format '${pattern}' has no year, so the date would be another on each engine.`,
      "Add yyyy.",
    )
  }
  return { regex, format }
}

/** A piece of a printed time: letters of DuckDB's strftime, or a letter of Java that it lacks. */
export type FormatPiece = { readonly strftime: string } | { readonly letters: "yyyy" | "y" | "Q" | "XXX" | "VV" }

const computed = ["yyyy", "y", "Q", "XXX", "VV"] as const

/** A format of Java to print by, in pieces. */
export function timeFormat(pattern: string, name: string): FormatPiece[] {
  return piecesOf(pattern).map(piece => {
    if ("text" in piece) return { strftime: piece.text.replaceAll("%", "%%") }
    const letters = computed.find(letters => letters === piece.letters)
    if (letters) return { letters }
    const known = formatLetters[piece.letters]
    if (!known) throw refuse(name, pattern, piece.letters, { ...formatLetters, y: "", Q: "", XXX: "", VV: "" })
    return { strftime: known }
  })
}
