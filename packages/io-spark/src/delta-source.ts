import { typedColumn } from "./columnar-source.ts"
import type { SparkClient } from "./connect/client.ts"
import { readFiles } from "./connect/relation.ts"
import { type Files, namedAlike, type SourcePart } from "./source-part.ts"
import { sparkPath } from "./spark-sql-text.ts"

/** A Delta table, as it is at the version that is named. @throws StorageError `SOURCE_DATA_INVALID` */
export async function tableParts(client: SparkClient, files: Files): Promise<SourcePart[]> {
  const { paths, schema, version } = files
  const options = version === undefined ? {} : { versionAsOf: String(version) }
  const rows = readFiles({ format: "delta", paths: paths.map(sparkPath), options })
  const found = await client.schema(rows)
  const [path = ""] = paths
  const columns = schema.columns.map(declared =>
    typedColumn(path, namedAlike(path, found, declared.name).column, declared),
  )
  return [{ rows, columns }]
}
