import { statSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import type { AssetContext, EngineSession, IOManager, OutputContext, RecordBatch } from "@assets/core"
import { readStored, type TableOutput, VersionFolder } from "@assets/core"
import { type RecordBatch as ArrowBatch, Table, tableFromIPC, tableToIPC } from "apache-arrow"

/** Keeps each table as an Arrow file, which is whole in memory while it is written or read. */
export function arrowIO({ root }: { readonly root: string }): IOManager {
  const folderOf = (context: AssetContext) =>
    new VersionFolder(resolve(context.base, context.expand(root), context.key), ".arrow")
  return {
    name: "arrow",
    defaultEngine: { module: "@assets/io-duckdb", name: "duckdb" },
    async current(context, keys, partitions) {
      return new Map(keys.map(key => [key, folderOf({ ...context, key }).current(partitions)]))
    },
    handleOutput(context, value) {
      return folderOf(context).write(context, value, async (table, path, former) => {
        const session = await context.session()
        const relation = await session.upload(rowsOf(context, session, table, former), table.schema)
        const whole = new Table(await collect(session.batches(relation, context.signal)))
        writeFileSync(path, tableToIPC(whole))
        const result = { rows: whole.numRows, bytes: statSync(path).size, files: [], columns: [] }
        return { stored: { kind: "relation", relation, schema: table.schema }, result }
      })
    },
    async loadInput(context) {
      const found = folderOf(context).read(context.materializations)
      if (found.kind !== "tables") return found
      const { schema = { columns: [] } } = context
      const relation = await (await context.session()).upload(batchesIn(found.paths), schema)
      return { kind: "relation", relation, schema }
    },
    async locate(context, materializations) {
      return materializations.map(one => folderOf(context).table(one))
    },
    remove: async context => folderOf(context).remove(),
  }
}

/** The rows to store: those that were made, and those that they are added to or merged into. */
async function* rowsOf(context: OutputContext, session: EngineSession, table: TableOutput, former?: string) {
  const made = table.kind === "relation" ? session.batches(table.relation, context.signal) : table.batches()
  const before = batchesIn(former === undefined ? [] : [former])
  if (former !== undefined && context.merge) {
    const [old, added] = [await session.upload(before, table.schema), await session.upload(made, table.schema)]
    return yield* session.batches(context.merge(old, added), context.signal)
  }
  yield* before
  for await (const batch of made) {
    context.signal.throwIfAborted()
    yield batch
  }
}

async function* batchesIn(paths: readonly string[]): AsyncGenerator<RecordBatch> {
  for (const path of paths) yield* tableFromIPC(readStored(path)).batches.filter(batch => batch.numRows > 0)
}

async function collect(batches: AsyncIterable<RecordBatch>): Promise<ArrowBatch[]> {
  const all: ArrowBatch[] = []
  for await (const batch of batches) all.push(batch as ArrowBatch) // engines give Arrow's batches, which core does not read
  return all
}
