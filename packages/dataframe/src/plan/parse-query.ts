import { TokenReader } from "../schema/token-reader.ts"
import type { SortKey, Unresolved } from "./expression.ts"
import { readExpression, readList } from "./parse-expression.ts"
import { readSortKeys } from "./parse-window.ts"
import type { FromText, GroupByText, QueryBody, QueryText, SelectItem, SelectText } from "./query-text.ts"
import type { JoinKind } from "./relation.ts"

/**
 * Parses a Spark SQL query: `WITH`, `SELECT` with joins, groups, windows and lateral views, `VALUES`, and set operations.
 * @throws FrameError `FRAME_EXPRESSION_SYNTAX` with line and column
 */
export function parseQuery(text: string): QueryText {
  const reader = new TokenReader(text)
  const query = readQuery(reader)
  if (reader.peek().kind !== "end") throw reader.fault(`${reader.found()} follows the query`, "Take it away.")
  return query
}

/** Words that end an item of a list, and are no alias. */
const clauses = new Set(
  "from where group having order limit offset union intersect except minus on using join inner left right full cross semi anti natural lateral window qualify as sort cluster distribute by and or".split(
    " ",
  ),
)

export function readQuery(reader: TokenReader): QueryText {
  const named: { name: string; query: QueryText }[] = []
  if (reader.take("with")) {
    do {
      const name = reader.name("a name")
      reader.take("as")
      reader.expect("(")
      named.push({ name, query: readQuery(reader) })
      reader.expect(")")
    } while (reader.take(","))
  }
  const body = readUnion(reader)
  const orderBy: readonly SortKey<Unresolved>[] = reader.at("order") ? readSortKeys(reader) : []
  const limit = reader.take("limit") ? readCount(reader) : undefined
  const offset = reader.take("offset") ? readCount(reader) : undefined
  return { named, body, orderBy, limit, offset }
}

function readCount(reader: TokenReader): number {
  const token = reader.next()
  if (token.kind === "number" && /^\d+$/.test(token.text)) return Number(token.text)
  throw reader.fault("a number of rows is missing", "Write a whole number there.", token)
}

function readUnion(reader: TokenReader): QueryBody {
  let left = readIntersect(reader)
  for (;;) {
    const operation = reader.take("union")
      ? "union"
      : reader.take("except") || reader.take("minus")
        ? "except"
        : undefined
    if (!operation) return left
    const all = readAll(reader)
    left = { kind: "set", operation, all, left, right: readIntersect(reader) }
  }
}

function readIntersect(reader: TokenReader): QueryBody {
  let left = readTerm(reader)
  while (reader.take("intersect")) {
    const all = readAll(reader)
    left = { kind: "set", operation: "intersect", all, left, right: readTerm(reader) }
  }
  return left
}

function readAll(reader: TokenReader): boolean {
  if (reader.take("all")) return true
  reader.take("distinct")
  return false
}

function readTerm(reader: TokenReader): QueryBody {
  if (reader.take("(")) {
    const query = readQuery(reader)
    reader.expect(")")
    return { kind: "query", query }
  }
  if (reader.take("values")) return { kind: "values", rows: readRows(reader) }
  reader.expect("select", "Begin the query with SELECT, WITH or VALUES.")
  return readSelect(reader)
}

function readRows(reader: TokenReader): Unresolved[][] {
  const rows: Unresolved[][] = []
  do rows.push(reader.take("(") ? readList(reader) : [readExpression(reader)])
  while (reader.take(","))
  return rows
}

function readSelect(reader: TokenReader): SelectText {
  const distinct = reader.take("distinct")
  if (!distinct) reader.take("all")
  const items: SelectItem[] = []
  do items.push(readItem(reader))
  while (reader.take(","))
  const from = reader.take("from") ? readFrom(reader) : undefined
  const where = reader.take("where") ? readExpression(reader) : undefined
  const groupBy = reader.takeAll("group", "by") ? readGroupBy(reader) : undefined
  const having = reader.take("having") ? readExpression(reader) : undefined
  return { kind: "select", distinct, items, from, where, groupBy, having }
}

function readItem(reader: TokenReader): SelectItem {
  if (reader.take("*")) return { kind: "star", qualifier: undefined }
  if (reader.at(".", 1) && reader.at("*", 2)) {
    const qualifier = reader.name("a table")
    reader.takeAll(".", "*")
    return { kind: "star", qualifier }
  }
  const expression = readExpression(reader)
  return { kind: "expression", expression, name: readAlias(reader) }
}

function readAlias(reader: TokenReader): string | undefined {
  if (reader.take("as")) return reader.name("a name")
  const token = reader.peek()
  if (token.kind === "quoted" || (token.kind === "name" && !clauses.has(token.text.toLowerCase()))) {
    return reader.name("a name")
  }
  return undefined
}

function readGroupBy(reader: TokenReader): GroupByText {
  for (const grouping of ["rollup", "cube"] as const) {
    if (!reader.at(grouping) || !reader.at("(", 1)) continue
    reader.takeAll(grouping, "(")
    return { keys: readList(reader), grouping }
  }
  if (reader.takeAll("grouping", "sets")) {
    reader.expect("(")
    const sets: Unresolved[][] = []
    do sets.push(reader.take("(") ? readList(reader) : [readExpression(reader)])
    while (reader.take(","))
    reader.expect(")")
    return { keys: sets.flat(), grouping: sets }
  }
  const keys: Unresolved[] = []
  do keys.push(readExpression(reader))
  while (reader.take(","))
  return { keys, grouping: "plain" }
}

function readFrom(reader: TokenReader): FromText {
  let from = readJoined(reader)
  while (reader.take(",")) {
    from = { kind: "join", left: from, right: readJoined(reader), how: "cross", on: undefined, using: undefined }
  }
  return from
}

function readJoined(reader: TokenReader): FromText {
  let left = readRelation(reader)
  for (;;) {
    const lateral = readLateral(reader, left)
    if (lateral) {
      left = lateral
      continue
    }
    const how = readHow(reader)
    if (!how) return left
    const right = readRelation(reader)
    const on = reader.take("on") ? readExpression(reader) : undefined
    const using = !on && reader.take("using") ? readNames(reader) : undefined
    left = { kind: "join", left, right, how: how === "inner" && !on && !using ? "cross" : how, on, using }
  }
}

/** The words of a join, from `LEFT OUTER JOIN` down to `JOIN`. */
function readHow(reader: TokenReader): JoinKind | undefined {
  if (reader.take("join") || reader.takeAll("inner", "join")) return "inner"
  if (reader.takeAll("cross", "join")) return "cross"
  for (const how of ["left", "right", "full"] as const) {
    if (!reader.at(how)) continue
    reader.next()
    const part = how === "left" ? (reader.take("semi") ? "semi" : reader.take("anti") ? "anti" : how) : how
    reader.take("outer")
    reader.expect("join")
    return part
  }
  for (const how of ["semi", "anti"] as const) if (reader.takeAll(how, "join")) return how
  return undefined
}

function readNames(reader: TokenReader): string[] {
  reader.expect("(")
  const names: string[] = []
  do names.push(reader.name("a column"))
  while (reader.take(","))
  reader.expect(")")
  return names
}

function readLateral(reader: TokenReader, input: FromText): FromText | undefined {
  if (!reader.takeAll("lateral", "view")) return undefined
  const outer = reader.take("outer")
  const name = reader.name("a function").toLowerCase()
  reader.expect("(")
  const source = readExpression(reader)
  reader.expect(")")
  const alias = reader.at("as") ? undefined : readAlias(reader)
  const columns: string[] = []
  if (reader.take("as")) {
    do columns.push(reader.name("a column"))
    while (reader.take(","))
  }
  return { kind: "lateral", input, function: name, outer, source, alias, columns }
}

function readRelation(reader: TokenReader): FromText {
  const { start } = reader.peek()
  if (reader.take("(")) {
    const query = readQuery(reader)
    reader.expect(")")
    return { kind: "subquery", query, alias: readAlias(reader) }
  }
  const path = [reader.name("a table")]
  while (reader.take(".")) path.push(reader.name("a table"))
  return { kind: "table", path, alias: readAlias(reader), start }
}
