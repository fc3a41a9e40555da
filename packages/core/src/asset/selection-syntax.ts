import { ConfigError } from "../errors/assets-error.ts"
import { didYouMean } from "../util/nearest-name.ts"

const attributes = ["key", "tag", "owner", "group", "kind", "is", "path", "status", "changed"] as const
type Attribute = (typeof attributes)[number]

/** A selection as written: what `parseSelection` makes of its text. Places count characters from 0. */
export type Selection =
  | { readonly kind: "all" }
  | {
      readonly kind: "attribute"
      readonly name: Attribute
      readonly value: string
      /** Of `tag:name=value`. */
      readonly tagValue?: string
      readonly at: number
    }
  | {
      readonly kind: "neighbours"
      readonly of: Selection
      /** Levels above and below; none when 0. */
      readonly above: number
      readonly below: number
    }
  | { readonly kind: "sinks" | "roots" | "not"; readonly of: Selection }
  | { readonly kind: "and" | "or"; readonly parts: readonly Selection[] }

interface Token {
  readonly kind: "word" | "quoted" | "+" | ":" | "=" | "(" | ")" | "end"
  readonly text: string
  readonly at: number
  readonly end: number
}

/** Parentheses and `not` within each other, at most: no one writes more, and the parser may recurse. */
const deepest = 200

/**
 * Parses the text of a selection. `not` binds before `and`, `and` before `or`.
 *
 * @throws ConfigError `SELECTION_SYNTAX` with line, column and the line marked
 */
export function parseSelection(text: string): Selection {
  return new SelectionParser(text).parse()
}

/** The error of a selection, with the line and a caret under the place. */
function selectionSyntaxError(text: string, at: number, what: string, fix: string): ConfigError {
  const before = text.slice(0, at).split("\n")
  const line = before.length
  const column = (before.at(-1) ?? "").length + 1
  const shown = text.split("\n")[line - 1] ?? ""
  return new ConfigError("SELECTION_SYNTAX", {
    what: `The selection is wrong at line ${line}, column ${column}: ${what}`,
    why: `${shown}\n${" ".repeat(column - 1)}^`,
    fix,
    details: { selection: text, line, column },
  })
}

class SelectionParser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokens(text)
  }

  parse(): Selection {
    const first = this.#peek()
    if (first.kind === "end") {
      throw selectionSyntaxError(this.#text, first.at, "it is empty.", "Write '*' for all assets, or a key.")
    }
    const selection = this.#or()
    const rest = this.#peek()
    if (rest.kind !== "end") throw this.#unexpected(rest, "'and', 'or' or the end")
    return selection
  }

  #or(): Selection {
    const parts = [this.#and()]
    while (this.#takeWord("or")) parts.push(this.#and())
    return joined("or", parts)
  }

  #and(): Selection {
    const parts = [this.#not()]
    while (this.#takeWord("and")) parts.push(this.#not())
    return joined("and", parts)
  }

  #not(): Selection {
    const at = this.#peek().at
    if (!this.#takeWord("not")) return this.#neighbours()
    return this.#nested(at, () => ({ kind: "not", of: this.#not() }))
  }

  /** `[N]+ term [+[N]]`, or a term alone. */
  #neighbours(): Selection {
    const above = this.#levelsAbove()
    const of = this.#term()
    const below = this.#levelsBelow()
    return above === 0 && below === 0 ? of : { kind: "neighbours", of, above, below }
  }

  #levelsAbove(): number {
    const first = this.#peek()
    if (first.kind === "+") {
      this.#next++
      return Number.POSITIVE_INFINITY
    }
    // `2+x` is two levels above x, while `2+` is all below an asset whose key is 2.
    if (!isNumber(first) || this.#peek(1).kind !== "+" || !this.#startsTerm(this.#peek(2))) return 0
    this.#next += 2
    return Number(first.text)
  }

  #levelsBelow(): number {
    if (this.#peek().kind !== "+") return 0
    this.#next++
    if (!isNumber(this.#peek())) return Number.POSITIVE_INFINITY
    return Number(this.#take().text)
  }

  #startsTerm(token: Token): boolean {
    if (token.kind === "word") return !isKeyword(token)
    return token.kind === "quoted" || token.kind === "("
  }

  #term(): Selection {
    const token = this.#peek()
    if (token.kind === "(") return this.#parenthesized()
    if (!this.#startsTerm(token)) throw this.#unexpected(token, "a key, an attribute such as 'tag:', or '('")
    this.#next++
    if (token.kind === "quoted") return { kind: "attribute", name: "key", value: token.text, at: token.at }
    const following = this.#peek()
    if (following.kind === ":" && following.at === token.end) return this.#attribute(token)
    const word = token.text.toLowerCase()
    if (following.kind === "(" && (word === "sinks" || word === "roots")) {
      return { kind: word, of: this.#parenthesized() }
    }
    if (token.text === "*") return { kind: "all" }
    return { kind: "attribute", name: "key", value: token.text, at: token.at }
  }

  #parenthesized(): Selection {
    const open = this.#take()
    const inner = this.#nested(open.at, () => this.#or())
    const close = this.#peek()
    if (close.kind !== ")") throw this.#unexpected(close, `')' for the '(' at column ${open.at + 1}`)
    this.#next++
    return inner
  }

  #attribute(name: Token): Selection {
    const known = attributes.find(one => one === name.text.toLowerCase())
    if (!known) {
      throw selectionSyntaxError(
        this.#text,
        name.at,
        `there is no attribute '${name.text}:'.`,
        didYouMean(name.text, attributes) ?? `Use one of ${attributes.map(one => `${one}:`).join(", ")}.`,
      )
    }
    this.#next++
    const value = this.#value(`a value after '${name.text}:'`)
    const selection = { kind: "attribute", name: known, value, at: name.at } as const
    if (known !== "tag" || this.#peek().kind !== "=") return selection
    this.#next++
    return { ...selection, tagValue: this.#value(`a value after '${name.text}:${value}='`) }
  }

  /** A value: a word, which may hold colons, or a quoted text. */
  #value(wanted: string): string {
    const first = this.#take()
    if (first.kind === "quoted") return first.text
    if (first.kind !== "word") {
      this.#next--
      throw this.#unexpected(first, wanted)
    }
    let end = first.end
    for (let next = this.#peek(); next.at === end && (next.kind === ":" || next.kind === "word"); next = this.#peek()) {
      end = next.end
      this.#next++
    }
    return this.#text.slice(first.at, end)
  }

  #nested(at: number, parse: () => Selection): Selection {
    if (++this.#depth > deepest) {
      throw selectionSyntaxError(this.#text, at, `more than ${deepest} levels of nesting.`, "Divide the selection.")
    }
    const selection = parse()
    this.#depth--
    return selection
  }

  #peek(ahead = 0): Token {
    const end = { kind: "end", text: "", at: this.#text.length, end: this.#text.length } as const
    return this.#tokens[this.#next + ahead] ?? end
  }

  #take(): Token {
    const token = this.#peek()
    this.#next++
    return token
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    if (token.kind !== "word" || token.text.toLowerCase() !== word) return false
    this.#next++
    return true
  }

  #unexpected(token: Token, wanted: string): ConfigError {
    const found = token.kind === "end" ? "the end" : `'${this.#text.slice(token.at, token.end)}'`
    const fix =
      token.kind === "word" || token.kind === "quoted"
        ? "Join two terms with 'and' or 'or'; put a value with spaces or signs into double quotes."
        : "Complete the selection, or put a value with signs such as '+', '=' or '(' into double quotes."
    return selectionSyntaxError(this.#text, token.at, `expected ${wanted}, found ${found}.`, fix)
  }
}

function joined(kind: "and" | "or", parts: readonly Selection[]): Selection {
  const [only] = parts
  return only && parts.length === 1 ? only : { kind, parts }
}

function isNumber(token: Token): boolean {
  return token.kind === "word" && /^\d+$/.test(token.text)
}

function isKeyword(token: Token): boolean {
  return token.kind === "word" && /^(and|or|not)$/i.test(token.text)
}

function tokens(text: string): Token[] {
  const found: Token[] = []
  const form = /\s+|([+:=()])|"((?:[^"\\]|\\[\s\S])*)"|([^\s+:=()"',;]+)/y
  while (form.lastIndex < text.length) {
    const at = form.lastIndex
    const match = form.exec(text)
    if (!match) throw unreadable(text, at)
    const [, sign, quoted, word] = match
    const end = form.lastIndex
    // The first group matches nothing but the signs that are kinds of tokens.
    if (sign !== undefined) found.push({ kind: sign as "+" | ":" | "=" | "(" | ")", text: sign, at, end })
    else if (quoted !== undefined) found.push({ kind: "quoted", text: quoted.replace(/\\([\s\S])/g, "$1"), at, end })
    else if (word !== undefined) found.push({ kind: "word", text: word, at, end })
  }
  return found
}

function unreadable(text: string, at: number): ConfigError {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (character === '"') {
    return selectionSyntaxError(text, at, "the quote has no end.", "Close it with another double quote.")
  }
  const fix =
    character === "'"
      ? "Use double quotes inside a selection: 'tag:\"two words\"'."
      : "Join terms with 'and' or 'or'; put a value with signs into double quotes."
  return selectionSyntaxError(text, at, `the character ${character} means nothing here.`, fix)
}
