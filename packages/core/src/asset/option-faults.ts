import { didYouMean } from "../util/nearest-name.ts"
import type { AnyAssetOptions, AssetDescription } from "./asset.ts"
import type { Fault } from "./fault.ts"
import { retryFault } from "./retry-policy.ts"

const assetOptions = [
  ...["transform", "compute", "partitions", "checks", "retry", "timeoutMs", "pool", "priority", "version", "reuse"],
  ...["io", "engine", "write", "layout", "cutoff", "every"],
  ...["description", "group", "tags", "owners", "kinds", "metadata"],
]
const sourceOptions = ["description", "group", "tags", "owners", "kinds", "partitions"]

/** Names of options that there are not: a slip that would otherwise do nothing in silence. */
export function* unknownOptionFaults(kind: "asset" | "source", options: object): Iterable<Fault> {
  const known = kind === "asset" ? assetOptions : sourceOptions
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    yield {
      what: `has the option '${name}', which there is not.`,
      why: `What a ${kind} may have: ${(kind === "asset" ? ["deps", "returns", ...known] : known).join(", ")}.`,
      fix: didYouMean(name, known) ?? "Leave it out.",
    }
  }
}

/** Retry, time and priority. */
export function* limitFaults(options: AnyAssetOptions): Iterable<Fault> {
  const { retry, timeoutMs, priority, reuse, every, cutoff, compute } = options
  const wrongRetry = retry === undefined ? undefined : retryFault(retry)
  if (wrongRetry) {
    yield {
      what: `has a bad 'retry': ${wrongRetry}.`,
      why: "It says how a failed step is tried again.",
      fix: 'Write retry: { attempts: 3, delayMs: 1000, backoff: "exponential" }.',
    }
  }
  // Timers take 31 bits of milliseconds, and fire at once for more.
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    yield {
      what: `has the timeout ${timeoutMs}.`,
      why: "timeoutMs is a number of milliseconds above 0 and below 2^31, which is about 24 days.",
      fix: "Write timeoutMs: 60_000 for a minute, or leave it out for no limit.",
    }
  }
  if (priority !== undefined && !Number.isFinite(priority))
    yield wrong("priority", priority, "a finite number; higher runs first")
  if (reuse !== undefined && typeof reuse !== "boolean") yield wrong("reuse", reuse, "true or false")
  if (cutoff !== undefined && cutoff !== "content") yield wrong("cutoff", cutoff, "'content'")
  if (every !== undefined && !["hour", "day", "week", "month"].includes(every)) {
    yield wrong("every", every, "'hour', 'day', 'week' or 'month'")
  } else if (every !== undefined && compute) {
    yield {
      what: "has 'every', but is made by a compute.",
      why: "'every' truncates the instant that a plan with currentDate() or its like sees; a compute reads the clock by itself.",
      fix: "Leave 'every' out, or declare the asset with 'transform'.",
    }
  }
}

/** Options that hold one name. */
export function* nameFaults({ pool, version, io, engine }: AnyAssetOptions): Iterable<Fault> {
  for (const [name, value] of Object.entries({ pool, version, io, engine })) {
    if (value !== undefined && !isText(value)) yield wrong(name, value, "a text that is not empty")
  }
}

/** What people and selections see. */
export function* descriptionFaults(options: AssetDescription): Iterable<Fault> {
  const { description, group, tags, owners, kinds } = options
  if (description !== undefined && typeof description !== "string") yield wrong("description", description, "a text")
  if (group !== undefined && !isText(group)) yield wrong("group", group, "a text that is not empty")
  for (const [name, list] of Object.entries({ owners, kinds })) {
    if (list !== undefined && !(Array.isArray(list) && list.every(isText))) yield wrong(name, list, "a list of texts")
  }
  if (tags === undefined) return
  const texts =
    typeof tags === "object" && tags !== null && Object.values(tags).every(value => typeof value === "string")
  if (!texts) yield wrong("tags", tags, 'an object from names to texts, as { pii: "yes" }')
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== ""
}

function wrong(name: string, value: unknown, wanted: string): Fault {
  return {
    what: `has a bad '${name}': ${typeof value === "object" ? JSON.stringify(value) : String(value)}.`,
    why: `'${name}' is ${wanted}.`,
    fix: "Correct it, or leave it out.",
  }
}
