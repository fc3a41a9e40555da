import { ConfigError } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { SparkClient } from "../connect/client.ts"
import { sql } from "../connect/relation.ts"
import { someType } from "./some-type.ts"

/** Zones that are UTC under another name. */
const utc = /^(?:Etc\/)?(?:UTC|UCT|GMT|GMT[+-]?0|Zulu|Universal|Greenwich)$|^Z$/i

/**
 * Instants in ORC files are times of the clock of Java's zone: a server in another zone reads other instants. They are
 * written and read where that zone is UTC alone.
 */
export class OrcZone {
  readonly #client: SparkClient
  #zones: Promise<readonly string[]> | undefined

  constructor(client: SparkClient) {
    this.#client = client
  }

  /** @throws ConfigError `ENVIRONMENT_UNSUPPORTED` */
  async confirm({ columns }: Schema): Promise<void> {
    if (!columns.some(({ type }) => someType(type, ({ kind }) => kind === "timestamp"))) return
    this.#zones ??= this.#ask()
    const other = (await this.#zones).find(zone => !utc.test(zone))
    if (other === undefined) return
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `Instants cannot be kept in ORC files by this server: its Java is in the zone ${other}.`,
      why: "ORC keeps an instant as the time that a clock of Java's zone shows; a server in another zone would read another instant.",
      fix: 'Give the environment timeZone: "UTC", and a server that is not started by it -Duser.timezone=UTC for driver and executors; or keep the asset with deltaIO.',
      details: { zone: other },
    })
  }

  /** The zones of the processes in which some tasks run. */
  async #ask(): Promise<readonly string[]> {
    const zones: string[] = []
    const each = "SELECT reflect('java.time.ZoneId', 'systemDefault') AS zone FROM range(0, 16, 1, 16)"
    for await (const batch of this.#client.batches(sql(`SELECT DISTINCT zone FROM (${each})`)))
      for (const zone of batch.getChildAt(0) ?? []) zones.push(String(zone))
    return zones
  }
}
