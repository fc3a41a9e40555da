import { StorageError } from "@assets/core"
import { firstCsvRecord } from "@assets/dataframe"
import { checkedCast } from "./checked-cast.ts"
import type { SparkClient } from "./connect/client.ts"
import { readFiles, type SparkRelation } from "./connect/relation.ts"
import { type Files, firstLines, groupedBy, namedAlike, pathsOf, type SourcePart } from "./source-part.ts"
import { quoteName, quoteText } from "./spark-sql-text.ts"

/** What stands for an empty text between quotes, and for nothing at all, until it is known what they mean. */
const emptyMark = "\u0001empty\u0001"
const nothingMark = "\u0001nothing\u0001"

/** The CSV files of a source. @throws StorageError `SOURCE_DATA_INVALID` */
export async function csvParts(client: SparkClient, files: Files): Promise<SourcePart[]> {
  const { paths, schema, csv = {} } = files
  if (!csv.header) {
    const [path = ""] = paths
    const first = await firstRecord(client, files, path)
    if (first && first.length !== schema.columns.length) throw otherCount(path, first.length, schema.columns.length)
    const positions = schema.columns.map((_, i) => i)
    return [{ rows: readCsv(files, paths, positions.length, false), columns: columnsAt(files, positions) }]
  }
  const groups = await groupedBy(paths, path => firstRecord(client, files, path))
  return groups.flatMap(({ found: header, paths: alike }) => {
    if (!header) return [] // an empty file has no rows, whatever its columns
    const named = header.map(name => ({ name }))
    const positions = schema.columns.map(column => namedAlike(alike[0] ?? "", named, column.name).position)
    return [{ rows: readCsv(files, alike, header.length, true), columns: columnsAt(files, positions) }]
  })
}

async function firstRecord(client: SparkClient, { csv = {} }: Files, path: string): Promise<string[] | undefined> {
  const lines = await firstLines(client, path, mostLines)
  return lines.length === 0 ? undefined : firstCsvRecord(`${lines.join("\n")}\n`, csv)
}

/** A name between quotes may go over several lines. */
const mostLines = 20

/** Fields as texts by their position; of so many in a line. */
function readCsv({ csv = {} }: Files, paths: readonly string[], count: number, header: boolean): SparkRelation {
  const schema = Array.from({ length: count }, (_, i) => `${fieldAt(i)} STRING`).join(", ")
  return readFiles({
    format: "csv",
    schema,
    options: {
      mode: "FAILFAST",
      multiLine: "true",
      header: String(header),
      inferSchema: "false",
      sep: csv.delimiter ?? ",",
      quote: csv.quote ?? '"',
      escape: csv.escape ?? '"',
      emptyValue: emptyMark,
      nullValue: nothingMark,
      maxCharsPerColumn: "-1",
    },
    paths: pathsOf(paths),
  })
}

function fieldAt(i: number): string {
  return quoteName(`_c${i}`)
}

function columnsAt({ schema, csv = {} }: Files, positions: readonly number[]): string[] {
  return schema.columns.map((declared, i) => {
    const text = textOf(fieldAt(positions[i] ?? 0), csv.nullValue ?? "")
    return `${checkedCast(text, declared)} AS ${quoteName(declared.name)}`
  })
}

/** Nothing between two delimiters is null where the empty text stands for null, and else an empty text. */
function textOf(field: string, nullValue: string): string {
  const text = `IF(${field} = ${quoteText(emptyMark)}, '', ${field})`
  return nullValue === "" ? text : `nullif(coalesce(${text}, ''), ${quoteText(nullValue)})`
}

function otherCount(file: string, found: number, declared: number): StorageError {
  return new StorageError("SOURCE_DATA_INVALID", {
    what: `${file} has ${found} columns, and the source declares ${declared}.`,
    why: "Without a header columns are matched by position.",
    fix: "Correct the declaration, or pass { header: true } when the first line has the names.",
    details: { file },
  })
}
