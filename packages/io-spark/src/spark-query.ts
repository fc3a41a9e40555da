import { EngineError } from "@assets/core"
import { quoteName } from "./spark-sql-text.ts"

/** A piece of a statement: text in quotes and comments is kept whole. */
const token =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|`(?:[^`]|``)*`(?:\s*\.\s*(?:`(?:[^`]|``)*`|[\p{L}_][\p{L}\p{N}_]*))*|[\p{L}_][\p{L}\p{N}_]*(?:\s*\.\s*(?:`(?:[^`]|``)*`|[\p{L}_][\p{L}\p{N}_]*))*/gu

const pieces = new RegExp(`${token.source}|;`, "gu")

/** A statement whose tables stand under the names of views. */
export interface NamedStatement {
  readonly text: string
  /** The keys that it names. */
  readonly keys: readonly string[]
}

/**
 * Puts the names of views in the place of assets, which a statement names by their keys, between backticks, or with the
 * last `/` as a dot.
 */
export function nameViews(text: string, keys: Iterable<string>, viewOf: (key: string) => string): NamedStatement {
  const byParts = new Map<string, string>()
  for (const key of keys) {
    byParts.set(partsText([key]), key)
    const at = key.lastIndexOf("/")
    if (at !== -1) byParts.set(partsText([key.slice(0, at), key.slice(at + 1)]), key)
  }
  const found = new Set<string>()
  const named = text.replaceAll(token, piece => {
    if (/^(?:['"]|--|\/\*)/.test(piece)) return piece
    const parts = partsOf(piece)
    for (const length of [2, 1]) {
      const key = byParts.get(partsText(parts.slice(0, length)))
      if (key === undefined || parts.length < length) continue
      found.add(key)
      return [viewOf(key), ...parts.slice(length).map(quoteName)].join(".")
    }
    return piece
  })
  return { text: named, keys: [...found] }
}

function partsOf(name: string): string[] {
  return [...name.matchAll(/`((?:[^`]|``)*)`|[\p{L}_][\p{L}\p{N}_]*/gu)].map(([whole, quoted]) =>
    quoted === undefined ? whole : quoted.replaceAll("``", "`"),
  )
}

function partsText(parts: readonly string[]): string {
  return JSON.stringify(parts.map(part => part.toLowerCase()))
}

/** Spaces, comments and parentheses before the first word of a statement, and the word. */
const beginning = /^(?:[\s(]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*([a-z]*)/i

/**
 * The statement as a part of a select, where Spark's grammar has no room for one that writes.
 * @throws EngineError `ENGINE_QUERY_FAILED` for one that is no select
 */
export function asSubquery(text: string): string {
  const one = text.trim().replace(/;\s*$/, "")
  const word = (beginning.exec(one)?.[1] ?? "").toUpperCase()
  if (word === "") throw refused("It holds none.")
  if (!["SELECT", "WITH", "FROM", "VALUES", "TABLE"].includes(word)) throw refused(`It begins with ${word}.`)
  if ([...one.matchAll(pieces)].some(([piece]) => piece === ";")) throw refused("It holds several statements.")
  return `SELECT * FROM (\n${one}\n)`
}

function refused(why: string): EngineError {
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: "The statement was not run.",
    why: `Only a single select is allowed here. ${why}`,
    fix: "Pass one select. What is to be stored is an asset.",
  })
}
