import type { EngineFixture } from "./fixture.ts"
import { storages } from "./storages.ts"

/** The asset whose table tests look into. */
export const key = "marts/table"

/** The fixture of a storage, by name; over a folder, or over a new one. */
export function fixtureOf(storage: string, base?: string): EngineFixture {
  const fixture = storages[storage]?.(base)
  if (!fixture) throw new Error(`there is no storage '${storage}'`)
  return fixture
}
