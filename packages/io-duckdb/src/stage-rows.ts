import { join } from "node:path"
import type { ColumnStatistics, EngineSession, WriteUsage } from "@assets/core"
import type { Relation } from "@assets/dataframe"

/** Rows in files that are soon read again. */
export interface StagedRows {
  readonly relation: Relation
  /** What the write of the files saw. */
  readonly columns: readonly ColumnStatistics[]
  readonly usage?: WriteUsage
  remove(): Promise<void>
}

/** Who stages, and until when. */
export interface Staging {
  readonly stepId: string
  readonly signal: AbortSignal
}

/** Has a session write the rows of a relation to a folder; `remove` takes them away, also when the write fails. */
export async function stageRows(
  writer: EngineSession,
  relation: Relation,
  { path, remove, stepId, signal }: Staging & Pick<StagedRows, "remove"> & { readonly path: string },
): Promise<StagedRows> {
  try {
    const target = { kind: "files", format: "parquet", path } as const
    const layout = { compression: "snappy" } as const
    const { files, columns, usage } = await writer.write(relation, target, { stepId, signal, layout })
    const paths = files.map(file => join(path, file.path))
    const { schema } = relation
    return { relation: { kind: "files", format: "parquet", paths, schema }, columns, ...(usage && { usage }), remove }
  } catch (error) {
    await remove()
    throw error
  }
}
