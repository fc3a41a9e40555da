import { randomUUID } from "node:crypto"
import { mapAtOnce, StorageError } from "@assets/core"
import type { Relation, SchemaColumn } from "@assets/dataframe"
import type { SparkClient } from "./connect/client.ts"
import type { SparkRelation } from "./connect/relation.ts"
import { readFiles, sql } from "./connect/relation.ts"
import { quoteName, sparkPath } from "./spark-sql-text.ts"

export type Files = Extract<Relation, { kind: "files" }>

/** Files of a source that hold the same columns, and the declared columns as expressions over them. */
export interface SourcePart {
  readonly rows: SparkRelation
  readonly columns: readonly string[]
}

/** Paths to read. Names are names: what looks like a pattern in one is part of it. */
export function pathsOf(paths: readonly string[]): string[] {
  return paths.map(path => sparkPath(path).replace(/[{}[\]*?\\]/g, "\\$&"))
}

/** What `look` says of each file, and the files of which it says the same; in the order of the first ones. */
export async function groupedBy<T>(
  paths: readonly string[],
  look: (path: string) => Promise<T>,
): Promise<{ readonly found: T; readonly paths: readonly string[] }[]> {
  const groups = new Map<string, { readonly found: T; readonly paths: string[] }>()
  const looked = await mapAtOnce(paths, async path => ({ path, found: await look(path) }), { atOnce: 8 })
  for (const { path, found } of looked) {
    const key = JSON.stringify(found) ?? ""
    const group = groups.get(key) ?? { found, paths: [] }
    groups.set(key, group)
    group.paths.push(path)
  }
  return [...groups.values()]
}

/** The first lines of a text file that are not empty, up to so many; of a long one its beginning and its end. */
export async function firstLines(client: SparkClient, path: string, count: number): Promise<string[]> {
  const view = quoteName(`lines_${randomUUID()}`)
  await client.createView(readFiles({ format: "text", schema: "value STRING", paths: pathsOf([path]) }), view)
  try {
    const line = `IF(length(value) > ${longestLine}, concat(left(value, ${longestLine / 2}), right(value, ${longestLine / 2})), value)`
    const lines: string[] = []
    for await (const batch of client.batches(sql(`SELECT ${line} FROM ${view} WHERE value <> '' LIMIT ${count}`)))
      lines.push(...[...(batch.getChildAt(0) ?? [])].map(String))
    return lines.map((text, i) => (i === 0 ? text.replace(/^\uFEFF/, "") : text))
  } finally {
    await client.sqlCommand(`DROP VIEW IF EXISTS ${view}`)
  }
}

/** A header is shorter. */
const longestLine = 1024 * 1024

/** The one stored column with a declared name. @throws StorageError `SOURCE_DATA_INVALID` */
export function namedAlike<C extends Pick<SchemaColumn, "name">>(
  file: string,
  found: readonly C[],
  name: string,
): { readonly column: C; readonly position: number } {
  const isAlike = (other: C) => other.name.toLowerCase() === name.toLowerCase()
  const position = found.findIndex(isAlike)
  const column = found[position]
  const count = found.filter(isAlike).length
  if (column && count === 1) return { column, position }
  throw new StorageError("SOURCE_DATA_INVALID", {
    what: column
      ? `${file} has the column '${name}' ${count} times.`
      : `${file} has no column '${name}', which the source declares.`,
    why: `Its columns are ${found.map(other => `'${other.name}'`).join(", ")}.`,
    fix: "Correct the declaration or the file. Columns are matched by name without regard to case.",
    details: { column: name, file },
  })
}
