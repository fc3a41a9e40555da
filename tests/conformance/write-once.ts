import { outputContext } from "./output-context.ts"
import { storages } from "./storages.ts"

/** Writes one value as a process of its own: `write-once.ts STORAGE FOLDER FINGERPRINT`. */
const [name = "", base = "", fingerprint = ""] = process.argv.slice(2)
const fixture = storages[name]?.(base)
if (!fixture) throw new Error(`there is no storage '${name}'`)
const io = fixture.createIOManager()
const rows = Array.from({ length: 1000 }, (_, i) => ({ id: BigInt(i), name: "new", value: i, part: null }))
await io.handleOutput(outputContext(fixture, fingerprint), fixture.relation(rows))
await io.close?.()
