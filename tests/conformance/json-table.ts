import { rmSync } from "node:fs"
import { join } from "node:path"
import type { IOManager, Materialization } from "@assets/core"
import { ioContext, outputContext } from "@assets/core/testing"
import { onTestFinished } from "vitest"
import { fixtureOf, key } from "./table-fixture.ts"

/** A table of JSON values by partition, which needs no engine. */
export class JsonTable {
  readonly io: IOManager
  readonly base: string

  constructor(storage: string, base?: string) {
    const fixture = fixtureOf(storage, base)
    onTestFinished(() => rmSync(fixture.base, { recursive: true, force: true }))
    this.io = fixture.createIOManager()
    this.base = fixture.base
  }

  get path(): string {
    return join(this.base, "data", key)
  }

  readonly write = (partition: string): Promise<Materialization> => {
    const session = () => Promise.reject(new Error("no engine is wanted"))
    const context = outputContext({ base: this.base, key, partitions: [partition], session })
    return this.io.handleOutput(context, { kind: "json", value: partition })
  }
}

/** The ids of what is current, by partition. */
export async function ids(io: IOManager, base: string): Promise<Record<string, string>> {
  const found = (await io.current(ioContext(base), [key])).get(key) ?? []
  return Object.fromEntries(found.map(one => [one.partition ?? "", one.materialization.id]))
}
