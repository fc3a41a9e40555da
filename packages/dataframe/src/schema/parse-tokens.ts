import { FrameError } from "../errors/frame-error.ts"

/** A piece of an expression's text. `quoted` names and `text` have their quotes and escapes taken away. */
export interface Token {
  readonly kind: "name" | "quoted" | "number" | "text" | "symbol" | "end"
  readonly text: string
  /** Offset of its first character. */
  readonly start: number
}

const symbols = ["<=>", "->", "::", "<=", ">=", "<>", "!=", "==", "||", "<<", ">>", ..."()[],.+-*/%=<>&|^~!:".split("")]
const namePattern = /[\p{L}_][\p{L}\p{N}_]*/uy
/** A number with Spark's suffixes: `1`, `1L`, `1.5`, `1e3`, `1.5D`, `1.5BD`. */
const numberPattern = /(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYDF])?(?![\p{L}\p{N}_])/iuy
const spacePattern = /(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/uy

/** Splits the text of an expression. @throws FrameError `FRAME_EXPRESSION_SYNTAX` */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (true) {
    at += matchAt(spacePattern, text, at).length
    if (at >= text.length) break
    const token = tokenAt(text, at, tokens.at(-1))
    tokens.push(token.token)
    at = token.end
  }
  return [...tokens, { kind: "end", text: "", start: text.length }]
}

function tokenAt(text: string, start: number, previous: Token | undefined): { token: Token; end: number } {
  const first = text.charAt(start)
  const isRaw = /^[rR]['"]/.test(text.slice(start, start + 2))
  if (first === "'" || first === '"' || isRaw) {
    const { value, end } = isRaw ? rawText(text, start + 1) : quotedText(text, start)
    return { token: { kind: "text", text: value, start }, end }
  }
  if (first === "`") {
    const match = matchAt(/`(?:[^`]|``)*`/uy, text, start)
    if (!match) throw syntaxError(text, start, "the quoted name has no end", "Add a closing `.")
    return {
      token: { kind: "quoted", text: match.slice(1, -1).replaceAll("``", "`"), start },
      end: start + match.length,
    }
  }
  // In `a.1` and `a[0].5x` a dot is field access; a number may begin with one only where an operand begins.
  const afterOperand =
    previous !== undefined && previous.kind !== "symbol" ? true : previous?.text === ")" || previous?.text === "]"
  const number = first === "." && afterOperand ? "" : matchAt(numberPattern, text, start)
  if (number) return { token: { kind: "number", text: number, start }, end: start + number.length }
  const name = matchAt(namePattern, text, start)
  if (name) return { token: { kind: "name", text: name, start }, end: start + name.length }
  const symbol = symbols.find(s => text.startsWith(s, start))
  if (!symbol)
    throw syntaxError(text, start, `'${first}' is not a part of an expression`, "Take it away, or quote the text.")
  return { token: { kind: "symbol", text: symbol, start }, end: start + symbol.length }
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ""
}

function rawText(text: string, start: number): { value: string; end: number } {
  const end = text.indexOf(text.charAt(start), start + 1)
  if (end === -1) throw syntaxError(text, start, "the text has no end", "Add the closing quote.")
  return { value: text.slice(start + 1, end), end: end + 1 }
}

const escapes: { readonly [letter: string]: string } = { "0": "\0", b: "\b", n: "\n", r: "\r", t: "\t", Z: "\x1a" }

/** Text between quotes, with Spark's escapes; `\%` and `\_` stay as they are, for LIKE. A doubled quote is one quote. */
function quotedText(text: string, start: number): { value: string; end: number } {
  const quote = text.charAt(start)
  let value = ""
  let at = start + 1
  while (at < text.length) {
    const c = text.charAt(at)
    if (c === quote) {
      if (text.charAt(at + 1) !== quote) return { value, end: at + 1 }
      value += quote
      at += 2
    } else if (c === "\\" && at + 1 < text.length) {
      const rest = text.slice(at + 1, at + 10)
      const code = /^u([0-9a-fA-F]{4})|^U([0-9a-fA-F]{8})/.exec(rest)
      const octal = /^[01][0-7]{2}/.exec(rest)
      const next = rest.charAt(0)
      if (code) value += String.fromCodePoint(Number.parseInt(code[1] ?? code[2] ?? "", 16))
      else if (octal) value += String.fromCharCode(Number.parseInt(octal[0], 8))
      else if (next === "%" || next === "_") value += `\\${next}`
      else value += escapes[next] ?? next
      at += 1 + (code?.[0].length ?? octal?.[0].length ?? 1)
    } else {
      value += c
      at += 1
    }
  }
  throw syntaxError(text, start, "the text has no end", "Add the closing quote.")
}

/** A fault in the text of an expression, with its place. */
export function syntaxError(text: string, at: number, why: string, fix: string): FrameError {
  const before = text.slice(0, at).split("\n")
  const line = before.length
  const column = (before.at(-1) ?? "").length + 1
  return new FrameError("FRAME_EXPRESSION_SYNTAX", {
    what: `The expression is not valid at line ${line}, column ${column}: ${excerpt(text)}`,
    why: `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
    fix,
    details: { line, column, text },
  })
}

function excerpt(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 117)}…`
}
