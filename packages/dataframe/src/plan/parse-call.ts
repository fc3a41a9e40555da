import { readDataType } from "../schema/parse-data-type.ts"
import type { Token } from "../schema/parse-tokens.ts"
import type { TokenReader } from "../schema/token-reader.ts"
import { string } from "../schema/type-family.ts"
import type { Unresolved } from "./expression.ts"
import { call, readExpression, readList, readOperand } from "./parse-expression.ts"
import { readOver, readSortKeys } from "./parse-window.ts"

type Call = Extract<Unresolved, { kind: "call" }>

function textLiteral(value: string): Unresolved {
  return { kind: "literal", value, type: string }
}

/** Calls whose arguments are not a plain list: `CAST(x AS T)`, `EXTRACT(f FROM x)`, `TRIM(BOTH c FROM x)`. */
export function readFunctionSyntax(reader: TokenReader, name: Token): Unresolved | undefined {
  if (name.kind !== "name") return undefined
  switch (name.text.toLowerCase()) {
    case "cast":
    case "try_cast":
      return readCast(reader, name.text.toLowerCase() === "cast" ? "ansi" : "try")
    case "extract":
      return readExtract(reader)
    case "trim":
      return readTrim(reader)
    case "position":
      return readPosition(reader)
    case "substring":
    case "substr":
    case "overlay":
      return readSeparated(reader, name.text.toLowerCase())
    case "timestampdiff":
    case "timestampadd":
    case "datediff":
    case "date_diff":
    case "dateadd":
    case "date_add":
      return readWithUnit(reader, name.text.toLowerCase())
    default:
      return undefined
  }
}

function readCast(reader: TokenReader, mode: "ansi" | "try"): Unresolved {
  reader.expect("(")
  const input = readExpression(reader)
  reader.expect("as", "Write CAST(x AS type).")
  const type = readDataType(reader)
  reader.expect(")")
  return { kind: "cast", input, type, mode }
}

function readExtract(reader: TokenReader): Unresolved {
  reader.expect("(")
  const field = reader.name("a field of time")
  reader.expect("from", "Write EXTRACT(field FROM x).")
  const input = readExpression(reader)
  reader.expect(")")
  return call("date_part", textLiteral(field), input)
}

function readTrim(reader: TokenReader): Unresolved {
  reader.expect("(")
  const sides: { readonly [side: string]: string } = { both: "trim", leading: "ltrim", trailing: "rtrim" }
  const side = Object.keys(sides).find(word => reader.take(word))
  const name = sides[side ?? "both"] ?? "trim"
  if (side && reader.take("from")) {
    const input = readExpression(reader)
    reader.expect(")")
    return call(name, input)
  }
  const first = readExpression(reader)
  if (reader.take("from")) {
    const input = readExpression(reader)
    reader.expect(")")
    return call(name, input, first)
  }
  if (reader.take(",")) {
    // Spark's trim(chars, text); the plan's order is the text, then the characters.
    const input = readExpression(reader)
    reader.expect(")")
    return call(name, input, first)
  }
  reader.expect(")")
  return call(name, first)
}

function readPosition(reader: TokenReader): Unresolved {
  reader.expect("(")
  const part = readOperand(reader)
  if (reader.take("in")) {
    const whole = readExpression(reader)
    reader.expect(")")
    return call("locate", part, whole)
  }
  reader.expect(",")
  return call("locate", part, ...readList(reader))
}

/** `SUBSTRING(x FROM a FOR n)`, `OVERLAY(x PLACING y FROM a FOR n)`, or a plain list. */
function readSeparated(reader: TokenReader, name: string): Unresolved {
  reader.expect("(")
  const args = [readExpression(reader)]
  while (reader.take(",") || reader.take("placing") || reader.take("from") || reader.take("for")) {
    args.push(readExpression(reader))
  }
  reader.expect(")")
  return call(name, ...args)
}

const units = ["microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"]

/** `timestampdiff(HOUR, a, b)`: a first argument that is a bare unit becomes a text. */
function readWithUnit(reader: TokenReader, name: string): Unresolved | undefined {
  const unit = reader.peek(1)
  if (unit.kind !== "name" || !units.includes(unit.text.toLowerCase()) || !reader.at(",", 2)) return undefined
  reader.expect("(")
  reader.next()
  reader.expect(",")
  const to = name.endsWith("diff") ? "timestampdiff" : "timestampadd"
  return call(to, textLiteral(unit.text.toLowerCase()), ...readList(reader))
}

/** Reads `name(args)` with DISTINCT, FILTER, WITHIN GROUP, IGNORE NULLS and OVER, from its parenthesis on. */
export function readCall(reader: TokenReader, name: Token): Unresolved {
  reader.expect("(")
  const distinct = reader.take("distinct")
  if (!distinct) reader.take("all")
  let node: Call = { kind: "call", name: name.text.toLowerCase(), args: readArguments(reader) }
  if (["ltrim", "rtrim", "btrim"].includes(node.name) && node.args.length === 2 && node.name !== "btrim") {
    node = { ...node, args: [...node.args].reverse() }
  }
  if (distinct) node = { ...node, distinct: true }
  if (reader.takeAll("within", "group")) {
    reader.expect("(")
    const keys = readSortKeys(reader)
    reader.expect(")")
    node = {
      ...node,
      args: [
        ...node.args,
        ...keys.map(k => ({ kind: "sort", input: k.expression, direction: k.direction, nulls: k.nulls }) as const),
      ],
    }
  }
  if (reader.takeAll("filter")) {
    reader.expect("(")
    reader.expect("where")
    node = { ...node, where: readExpression(reader) }
    reader.expect(")")
  }
  if (reader.takeAll("ignore", "nulls")) {
    node = { ...node, name: ignoringNulls(node.name) }
  } else reader.takeAll("respect", "nulls")
  return reader.take("over") ? readOver(reader, node) : node
}

/** `first(x) IGNORE NULLS` is a function of its own in the table. */
function ignoringNulls(name: string): string {
  return `${name}_ignore_nulls`
}

function readArguments(reader: TokenReader): Unresolved[] {
  if (reader.at("*") && reader.at(")", 1)) {
    reader.takeAll("*", ")")
    return []
  }
  return readList(reader)
}
