import { type ElsewhereWrite, outputContext } from "@assets/core/testing"
import { storages } from "./storages.ts"

/** Writes a case's rows as a process of its own: `write-elsewhere.ts STORAGE FOLDER WRITE`, the last one JSON. */
const [name = "", base = "", text = ""] = process.argv.slice(2)
const write: ElsewhereWrite = JSON.parse(text, (field, value) => (field === "id" ? BigInt(value) : value))
const fixture = storages[name]?.(base)
if (!fixture) throw new Error(`there is no storage '${name}'`)
const io = fixture.createIOManager()
const { rows, ...request } = write
await io.handleOutput(outputContext({ base, session: () => fixture.session(), ...request }), fixture.batches(rows))
await io.close?.()
await fixture.close()
