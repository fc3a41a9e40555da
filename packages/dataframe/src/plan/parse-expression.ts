import { readDataType } from "../schema/parse-data-type.ts"
import { TokenReader } from "../schema/token-reader.ts"
import { boolean, string } from "../schema/type-family.ts"
import type { Unresolved } from "./expression.ts"
import { readCall, readFunctionSyntax } from "./parse-call.ts"
import { atInterval, intervalLiteral, numberLiteral, typedLiteral } from "./parse-literal.ts"

/**
 * Parses a Spark SQL expression into the same unresolved expressions as the typed API builds.
 *
 * Names are not looked up and types not checked: `resolveExpression` does both.
 * @throws FrameError `FRAME_EXPRESSION_SYNTAX` with line and column
 */
export function parseExpression(text: string): Unresolved {
  const reader = new TokenReader(text)
  const expression = readExpression(reader)
  if (reader.take("as")) {
    const name = reader.name("a name")
    expectEnd(reader)
    return { kind: "alias", input: expression, name }
  }
  expectEnd(reader)
  return expression
}

function expectEnd(reader: TokenReader): void {
  if (reader.peek().kind !== "end") throw reader.fault(`${reader.found()} follows the expression`, "Take it away.")
}

/** How tightly operators bind, from `or` up to `::`. A predicate (`in`, `like`, `is null`) stands between. */
const level = { or: 1, and: 2, not: 3, predicate: 4, comparison: 5, unary: 12, postfix: 13 } as const

const infix: { readonly [symbol: string]: readonly [power: number, name: string] } = {
  "=": [level.comparison, "="],
  "==": [level.comparison, "="],
  "<=>": [level.comparison, "<=>"],
  "<>": [level.comparison, "<>"],
  "!=": [level.comparison, "<>"],
  "<": [level.comparison, "<"],
  "<=": [level.comparison, "<="],
  ">": [level.comparison, ">"],
  ">=": [level.comparison, ">="],
  "|": [6, "|"],
  "^": [7, "^"],
  "&": [8, "&"],
  "<<": [9, "shiftleft"],
  ">>": [9, "shiftright"],
  "+": [10, "+"],
  "-": [10, "-"],
  "||": [10, "concat"],
  "*": [11, "*"],
  "/": [11, "/"],
  "%": [11, "%"],
}

const predicates = ["between", "in", "like", "ilike", "rlike", "regexp", "is"]

export function call(name: string, ...args: readonly Unresolved[]): Unresolved {
  return { kind: "call", name, args }
}

/** Reads an expression whose operators bind more tightly than `minimum`. */
export function readExpression(reader: TokenReader, minimum = 0): Unresolved {
  let left = readPrefix(reader)
  while (true) {
    const next = readInfix(reader, left, minimum)
    if (!next) return left
    left = next
  }
}

/** Reads an operand of a predicate: an `and` after it is not a part of it. */
export function readOperand(reader: TokenReader): Unresolved {
  return readExpression(reader, level.comparison)
}

function readInfix(reader: TokenReader, left: Unresolved, minimum: number): Unresolved | undefined {
  const token = reader.peek()
  if (token.kind === "symbol") {
    const postfix = readPostfix(reader, left)
    if (postfix) return postfix
    const [power, name] = infix[token.text] ?? [0, ""]
    if (power <= minimum) return undefined
    reader.next()
    return call(name, left, readExpression(reader, power))
  }
  if (token.kind !== "name") return undefined
  const word = token.text.toLowerCase()
  if (word === "div" && 11 > minimum) {
    reader.next()
    return call("div", left, readExpression(reader, 11))
  }
  if ((word === "and" || word === "or") && level[word] > minimum) {
    reader.next()
    return call(word, left, readExpression(reader, level[word]))
  }
  return level.predicate > minimum ? readPredicate(reader, left) : undefined
}

function readPostfix(reader: TokenReader, left: Unresolved): Unresolved | undefined {
  if (reader.take("::")) return { kind: "cast", input: left, type: readDataType(reader), mode: "ansi" }
  if (reader.take("[")) {
    const index = readExpression(reader)
    reader.expect("]")
    return call("getitem", left, index)
  }
  if (reader.at(".") && reader.peek(1).kind !== "number") {
    reader.next()
    return call("getfield", left, { kind: "literal", value: reader.name("a field's name"), type: string })
  }
  return undefined
}

function readPredicate(reader: TokenReader, left: Unresolved): Unresolved | undefined {
  const negated = reader.at("not") && predicates.slice(0, -1).some(word => reader.at(word, 1))
  if (negated) reader.next()
  const positive = readPositivePredicate(reader, left)
  return positive && negated ? call("not", positive) : positive
}

function readPositivePredicate(reader: TokenReader, left: Unresolved): Unresolved | undefined {
  if (reader.take("is")) return readIs(reader, left)
  if (reader.take("between")) {
    const low = readOperand(reader)
    reader.expect("and")
    return call("between", left, low, readOperand(reader))
  }
  if (reader.take("in")) {
    reader.expect("(")
    refuseSubquery(reader)
    return call("in", left, ...readList(reader))
  }
  if (reader.take("rlike") || reader.take("regexp")) return call("rlike", left, readOperand(reader))
  for (const name of ["like", "ilike"]) if (reader.take(name)) return readLike(reader, left, name)
  return undefined
}

function readIs(reader: TokenReader, left: Unresolved): Unresolved {
  const negated = reader.take("not")
  const negate = (positive: Unresolved) => (negated ? call("not", positive) : positive)
  if (reader.take("null")) return call(negated ? "isnotnull" : "isnull", left)
  if (reader.takeAll("distinct", "from")) {
    const same = call("<=>", left, readOperand(reader))
    return negated ? same : call("not", same)
  }
  for (const value of [true, false]) {
    if (reader.take(String(value))) return negate(call("<=>", left, { kind: "literal", value, type: boolean }))
  }
  if (reader.take("unknown")) return call(negated ? "isnotnull" : "isnull", left)
  throw reader.fault(`${reader.found()} follows IS`, "Write NULL, TRUE, FALSE or DISTINCT FROM there.")
}

function readLike(reader: TokenReader, left: Unresolved, name: string): Unresolved {
  for (const [word, connective] of [
    ["any", "or"],
    ["some", "or"],
    ["all", "and"],
  ] as const) {
    if (!reader.at(word) || !reader.at("(", 1)) continue
    reader.takeAll(word, "(")
    return readList(reader)
      .map(pattern => call(name, left, pattern))
      .reduce((a, b) => call(connective, a, b))
  }
  const pattern = readOperand(reader)
  if (!reader.take("escape")) return call(name, left, pattern)
  const escapeToken = reader.next()
  if (escapeToken.kind !== "text" || [...escapeToken.text].length !== 1) {
    throw reader.fault("ESCAPE needs a text of one character", "Write ESCAPE '!', for one.", escapeToken)
  }
  return call(name, left, pattern, { kind: "literal", value: escapeToken.text, type: string })
}

/** Reads expressions up to the closing parenthesis, and that. */
export function readList(reader: TokenReader): Unresolved[] {
  const items: Unresolved[] = []
  if (reader.take(")")) return items
  do items.push(readExpression(reader))
  while (reader.take(","))
  reader.expect(")")
  return items
}

function readPrefix(reader: TokenReader): Unresolved {
  const token = reader.peek()
  if (reader.take("-")) {
    const next = reader.peek()
    if (next.kind === "number") return numberLiteral(reader, reader.next(), true)
    return call("negative", readExpression(reader, level.unary - 1))
  }
  if (reader.take("+")) return call("positive", readExpression(reader, level.unary - 1))
  if (reader.take("~")) return call("~", readExpression(reader, level.unary - 1))
  if (reader.take("!") || reader.take("not")) return call("not", readExpression(reader, level.not))
  if (reader.take("(")) return readParenthesis(reader)
  if (token.kind === "number") return numberLiteral(reader, reader.next(), false)
  if (token.kind === "text") return readText(reader)
  if (token.kind === "name" || token.kind === "quoted") return readName(reader)
  throw reader.fault(`an operand is missing before ${reader.found()}`, "Write a column, a literal or a call there.")
}

/** Texts that stand side by side are one, as in Spark. */
function readText(reader: TokenReader): Unresolved {
  let value = reader.next().text
  while (reader.peek().kind === "text") value += reader.next().text
  return { kind: "literal", value, type: string }
}

/** A query inside of an expression has no place in the plan. */
function refuseSubquery(reader: TokenReader): void {
  if (!reader.at("select") && !reader.at("with")) return
  throw reader.fault(
    "a subquery stands inside of an expression",
    "Join it: LEFT SEMI JOIN for IN and EXISTS, CROSS JOIN for one value.",
  )
}

function readParenthesis(reader: TokenReader): Unresolved {
  refuseSubquery(reader)
  const start = reader.peek()
  const items = readList(reader)
  const [first] = items
  if (reader.take("->")) {
    const parameters = items.map(item => {
      if (item.kind !== "column") throw reader.fault("a lambda's parameter is not a name", "Write (a, b) -> …", start)
      return item.name
    })
    return { kind: "lambda", parameters, body: readExpression(reader) }
  }
  if (!first) throw reader.fault("an expression is missing in ()", "Write it there.", start)
  return items.length === 1 ? first : call("struct", ...items)
}

/** Functions that Spark also calls without parentheses. */
const bareCalls = ["current_date", "current_timestamp", "localtimestamp"]

function readName(reader: TokenReader): Unresolved {
  if (atInterval(reader)) {
    reader.next()
    return intervalLiteral(reader)
  }
  const token = reader.next()
  const word = token.kind === "name" ? token.text.toLowerCase() : ""
  if (reader.take("->")) return { kind: "lambda", parameters: [token.text], body: readExpression(reader) }
  const typed = typedLiteral(reader, token)
  if (typed) return typed
  if (word === "case") return readCase(reader)
  if (word === "true" || word === "false") return { kind: "literal", value: word === "true", type: boolean }
  if (word === "null") return { kind: "literal", value: null }
  if (reader.at("(")) return readFunctionSyntax(reader, token) ?? readCall(reader, token)
  if (bareCalls.includes(word)) return call(word)
  return { kind: "column", name: token.text }
}

function readCase(reader: TokenReader): Unresolved {
  const subject = reader.at("when") ? undefined : readExpression(reader)
  const branches: [Unresolved, Unresolved][] = []
  while (reader.take("when")) {
    const condition = readExpression(reader)
    reader.expect("then")
    branches.push([subject ? call("=", subject, condition) : condition, readExpression(reader)])
  }
  if (branches.length === 0) throw reader.fault("CASE has no WHEN", "Write CASE WHEN … THEN … END.")
  const otherwise = reader.take("else") ? readExpression(reader) : undefined
  reader.expect("end", "Close the CASE with END.")
  return otherwise ? { kind: "case", branches, otherwise } : { kind: "case", branches }
}
