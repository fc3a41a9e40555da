import { ConfigError } from "../errors/assets-error.ts"
import type { EventLog, RunRecord } from "./event-log.ts"

/** The run of an id, of how an id begins, or the latest one (`latest`). @throws ConfigError `RUN_UNKNOWN` */
export function findRun(log: EventLog, text: string): RunRecord {
  const [latest] = text === "latest" ? log.runs({ limit: 1 }) : []
  const exact = latest ?? log.run(text)
  if (exact) return exact
  const [only, other] = text === "" ? [] : log.runs({ startingWith: text, limit: 2 })
  if (only && !other) return only
  throw new ConfigError("RUN_UNKNOWN", {
    what: other ? `More than one run begins with '${text}'.` : `There is no run '${text}'.`,
    why: other
      ? "A run is named by its id, or by a beginning of it that no other has."
      : "The event log knows no run of this id.",
    fix: only ? `Give more of the id, such as ${only.id}.` : "List the runs: assets runs",
    details: { run: text },
  })
}
