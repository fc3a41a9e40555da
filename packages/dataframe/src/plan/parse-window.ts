import type { TokenReader } from "../schema/token-reader.ts"
import type { Frame, SortKey, Unresolved } from "./expression.ts"
import { call, readExpression, readOperand } from "./parse-expression.ts"

/** Reads `a, b DESC NULLS LAST`. Nulls come first in ascending order and last in descending, unless said otherwise. */
export function readSortKeys(reader: TokenReader): SortKey<Unresolved>[] {
  reader.expect("order")
  reader.expect("by")
  const keys: SortKey<Unresolved>[] = []
  do {
    const expression = readExpression(reader)
    const direction = reader.take("desc") ? "desc" : "asc"
    if (direction === "asc") reader.take("asc")
    let nulls: "first" | "last" = direction === "asc" ? "first" : "last"
    if (reader.take("nulls")) {
      if (reader.take("first")) nulls = "first"
      else {
        reader.expect("last")
        nulls = "last"
      }
    }
    keys.push({ expression, direction, nulls })
  } while (reader.take(","))
  return keys
}

/** Reads `(PARTITION BY … ORDER BY … ROWS BETWEEN … AND …)`. */
export function readOver(reader: TokenReader, input: Unresolved): Unresolved {
  reader.expect("(")
  const partitionBy: Unresolved[] = []
  if (reader.takeAll("partition", "by")) {
    do partitionBy.push(readExpression(reader))
    while (reader.take(","))
  }
  const orderBy = reader.at("order") ? readSortKeys(reader) : []
  const frame = readFrame(reader)
  reader.expect(")")
  return frame
    ? { kind: "window", input, partitionBy, orderBy, frame }
    : { kind: "window", input, partitionBy, orderBy }
}

function readFrame(reader: TokenReader): Frame<Unresolved> | undefined {
  const unit = reader.take("rows") ? "rows" : reader.take("range") ? "range" : undefined
  if (!unit) return undefined
  if (!reader.take("between")) return { unit, start: readBound(reader), end: 0 }
  const start = readBound(reader)
  reader.expect("and")
  return { unit, start, end: readBound(reader) }
}

function readBound(reader: TokenReader): Unresolved | number | null {
  if (reader.takeAll("unbounded", "preceding") || reader.takeAll("unbounded", "following")) return null
  if (reader.takeAll("current", "row")) return 0
  const amount = readOperand(reader)
  const precedes = reader.take("preceding")
  if (!precedes) reader.expect("following")
  if (amount.kind === "literal" && typeof amount.value === "number" && amount.type?.kind === "int32") {
    return precedes ? 0 - amount.value : amount.value
  }
  return precedes ? call("negative", amount) : amount
}
