import type { FrameError } from "../errors/frame-error.ts"
import { syntaxError, type Token, tokensOf } from "./parse-tokens.ts"

/** A place in the tokens of a text, moved forward by what parses it. */
export class TokenReader {
  readonly text: string
  readonly #tokens: Token[]
  #at = 0

  constructor(text: string) {
    this.text = text
    this.#tokens = tokensOf(text)
  }

  peek(offset = 0): Token {
    const token = this.#tokens[Math.min(this.#at + offset, this.#tokens.length - 1)]
    if (!token) throw new Error("The tokens of an expression have no end. Please report this.")
    return token
  }

  next(): Token {
    const token = this.peek()
    if (token.kind !== "end") this.#at += 1
    return token
  }

  /** Whether the next token is this symbol, or this word without regard to case and not quoted. */
  at(text: string, offset = 0): boolean {
    const token = this.peek(offset)
    if (token.kind === "symbol") return token.text === text
    return token.kind === "name" && token.text.toLowerCase() === text
  }

  atAny(texts: readonly string[]): boolean {
    return texts.some(text => this.at(text))
  }

  /** Takes the next token when it is this symbol or word. */
  take(text: string): boolean {
    if (!this.at(text)) return false
    this.#at += 1
    return true
  }

  /** Takes these words when they come next, one after the other. */
  takeAll(...texts: readonly string[]): boolean {
    if (!texts.every((text, i) => this.at(text, i))) return false
    this.#at += texts.length
    return true
  }

  expect(text: string, fix = `Write ${text.toUpperCase()} there.`): void {
    if (!this.take(text)) throw this.fault(`'${text.toUpperCase()}' is missing before ${this.found()}`, fix)
  }

  /** Takes `>`, also the first half of `>>`: `array<array<int>>`. */
  closeAngle(): boolean {
    if (this.take(">")) return true
    const token = this.peek()
    if (!this.at(">>")) return false
    this.#tokens[this.#at] = { kind: "symbol", text: ">", start: token.start + 1 }
    return true
  }

  name(what: string): string {
    const token = this.next()
    if (token.kind === "name" || token.kind === "quoted") return token.text
    throw syntaxError(this.text, token.start, `${what} is missing`, `Write ${what} there.`)
  }

  found(): string {
    const token = this.peek()
    return token.kind === "end" ? "the end" : `'${token.text}'`
  }

  fault(why: string, fix: string, token: Token = this.peek()): FrameError {
    return syntaxError(this.text, token.start, why, fix)
  }
}
