import { once } from "node:events"
import { createInterface } from "node:readline"
import type { WriteMode } from "@assets/core"
import { outputContext } from "@assets/core/testing"
import { storages } from "../conformance/storages.ts"

/**
 * Writes to one asset as a process of its own, a round for each write mode: `object-writer.ts STORAGE FOLDER NAME MODE…`.
 * Says `written` when the rows of a round are stored and nothing is committed, goes on when it is given a line, and then
 * tells how the round ended.
 */
const [storage = "", base = "", name = "", ...modes] = process.argv.slice(2)
const fixture = storages[storage]?.(base)
if (!fixture) throw new Error(`there is no storage '${storage}'`)
const lines = createInterface({ input: process.stdin })
const io = fixture.createIOManager()
for (const [round, mode] of modes.entries()) {
  const rows = Array.from({ length: 1000 }, (_, i) => ({
    id: BigInt(i),
    name: `${name} ${round}`,
    value: i,
    part: null,
  }))
  const context = outputContext({
    base,
    key: "marts/numbers",
    fingerprint: `${name} ${round}`,
    write: mode as WriteMode,
    session: () => fixture.session(),
    async onApprove() {
      const go = once(lines, "line")
      console.log("written")
      await go
    },
  })
  const ended = await io.handleOutput(context, fixture.relation(rows)).then(
    () => "current",
    error => `${error.code ?? error}`,
  )
  console.log(ended)
}
lines.close()
await io.close?.()
await fixture.close()
