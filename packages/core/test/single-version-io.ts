import { type IOManager, type Json, type Materialization, StorageError } from "@assets/core"

interface Record {
  readonly materialization: Materialization
  readonly value: Json
}

export interface SingleVersionIO extends IOManager {
  /** Puts a record in the place of what is current, as a run with another event log does. */
  replace(key: string, materialization: Partial<Materialization>, value: Json): void
}

/** Keeps JSON without versions, as a DuckDB file keeps tables: what is replaced can be read no more. */
export function singleVersionIO(): SingleVersionIO {
  const records = new Map<string, Record>()
  return {
    name: "single",
    async current(_, keys) {
      const found = keys.flatMap(key => {
        const record = records.get(key)
        return record
          ? [[key, [{ partition: null, materialization: record.materialization, intact: true }]] as const]
          : []
      })
      return new Map(found)
    },
    async handleOutput(context, value) {
      const materialization = await context.approve({ stored: value as Extract<typeof value, { kind: "json" }> })
      return context.commit(() => {
        records.set(context.key, { materialization, value: value.kind === "json" ? value.value : null })
        return materialization
      })
    },
    async loadInput({ key, materializations }) {
      const record = records.get(key)
      if (record && materializations[0]?.id === record.materialization.id) return { kind: "json", value: record.value }
      throw new StorageError("STORAGE_DATA_MISSING", {
        what: `'${key}' was replaced.`,
        why: "A test.",
        fix: "Read anew.",
      })
    },
    locate: async () => [],
    replace(key, changes, value) {
      const record = records.get(key)
      if (!record) throw new Error(`nothing is stored of ${key}`)
      records.set(key, { materialization: { ...record.materialization, ...changes }, value })
    },
  }
}
