import { instantText } from "../schema/temporal-text.ts"
import type { Parameters } from "./relation.ts"

/** The parameter that `current_timestamp` and `current_date` become. */
export const runNow = "run.now"

/** The values of a step's partition. Times are instants, half-open. */
export interface PartitionValues {
  readonly key?: string
  readonly start?: Date
  readonly end?: Date
  readonly now: Date
}

/** The parameters of a plan, with their values. */
export function parametersOf({ key, start, end, now }: PartitionValues): Parameters {
  const parameters = new Map<string, Parameter>()
  if (key !== undefined) parameters.set("partition.key", { value: key, type: { kind: "string" } })
  for (const [name, date] of [
    ["partition.start", start],
    ["partition.end", end],
    [runNow, now],
  ] as const) {
    if (date) parameters.set(name, { value: instantText(BigInt(date.getTime()) * 1000n), type: { kind: "timestamp" } })
  }
  return parameters
}

type Parameter = Parameters extends ReadonlyMap<string, infer P> ? P : never
