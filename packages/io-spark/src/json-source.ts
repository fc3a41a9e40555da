import { StorageError } from "@assets/core"
import { type DataType, type SchemaColumn, sparkTypeText } from "@assets/dataframe"
import { checkedCast } from "./checked-cast.ts"
import type { SparkClient } from "./connect/client.ts"
import { readFiles } from "./connect/relation.ts"
import { type Files, firstLines, groupedBy, pathsOf, type SourcePart } from "./source-part.ts"
import { quoteName, quoteText } from "./spark-sql-text.ts"

/** How the objects stand in a file. */
type JsonForm = "lines" | "array" | "empty"

/** The JSON files of a source: an object in each line, or one array of them. @throws StorageError `SOURCE_DATA_INVALID` */
export async function jsonParts(client: SparkClient, files: Files): Promise<SourcePart[]> {
  const { schema } = files
  // Spark takes no number from a text: simple values are read as texts, and cast.
  const stored = schema.columns.map(({ name, type }) => {
    return `${quoteName(name)} ${isNested(type) ? sparkTypeText(type) : "STRING"}`
  })
  const columns = schema.columns.map(declared => {
    const name = quoteName(declared.name)
    return isNested(declared.type) ? name : `${checkedCast(textOf(declared), declared)} AS ${name}`
  })
  const groups = await groupedBy(files.paths, path => formOf(client, path))
  return groups.flatMap(({ found, paths }) => {
    if (found === "empty") return []
    const options = { mode: "FAILFAST", multiLine: String(found === "array") }
    return [{ rows: readFiles({ format: "json", schema: stored.join(", "), options, paths: pathsOf(paths) }), columns }]
  })
}

/** An instant without a zone is UTC, whatever the session's zone. */
function textOf({ name, type }: SchemaColumn): string {
  const text = quoteName(name)
  if (type.kind !== "timestamp") return text
  const day = `regexp_replace(${text}, ${quoteText("^(\\d{4}-\\d\\d-\\d\\d)$")}, '$1T00:00:00Z')`
  return `regexp_replace(${day}, ${quoteText("^(\\S+[T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?)$")}, '$1Z')`
}

function isNested({ kind }: DataType): boolean {
  return kind === "array" || kind === "map" || kind === "struct"
}

/** What begins as neither an array nor a line with a whole object is refused: Spark would read its first object alone. */
async function formOf(client: SparkClient, path: string): Promise<JsonForm> {
  const [line] = (await firstLines(client, path, 1)).map(text => text.trim())
  if (line === undefined) return "empty"
  const [first, last] = [line[0], line.at(-1)]
  if (first === "[") return "array"
  if (first === "{" && last === "}") return "lines"
  throw new StorageError("SOURCE_DATA_INVALID", {
    what: `${path} holds neither an object in each line nor one array of objects.`,
    why: "Spark reads JSON in these two forms.",
    fix: "Write each object in a line of its own, or all of them into one array.",
    details: { file: path },
  })
}
