import { type Materialization, type Publication, StorageError } from "@assets/core"
import { ioContext, outputContext } from "@assets/core/testing"
import { parquetIO } from "../src/index.ts"

/** Publishes values of several assets together, generation after generation: `publisher-process.ts BASE FIRST COUNT KEYS…`. */
const [base = "", first = "", count = "", ...keys] = process.argv.slice(2)
const io = parquetIO({ root: "data" })
const session = () => Promise.reject(new Error("no engine was to be opened"))
const context = { ...ioContext(base), commit: <T>(change: () => T) => change(), inUse: () => new Set<string>() }

for (let generation = Number(first); generation < Number(first) + Number(count); generation++) {
  const current = await io.current(context, keys)
  const publications: Publication[] = []
  for (const key of keys) {
    const request = { base, key, session, staged: true, fingerprint: String(generation) }
    const staged: Materialization = await io.handleOutput(outputContext(request), { kind: "json", value: generation })
    const former = current.get(key)?.[0]?.materialization.id ?? null
    publications.push({ key, partition: null, materialization: staged, former })
  }
  try {
    await io.publish?.(context, publications)
  } catch (error) {
    // Another publisher was first: all or nothing of it.
    if (!(error instanceof StorageError) || error.code !== "STORAGE_CONFLICT") throw error
  }
}
await io.close?.()
