import type { ComputeContext } from "../asset/asset.ts"
import { partitionWindow } from "../asset/partition-window.ts"
import { ConfigError, UserCodeError } from "../errors/assets-error.ts"
import type { StepWork } from "../plan/build-plan.ts"
import type { Json } from "../util/json.ts"
import { plainJson } from "../util/plain-json.ts"
import { maskJson, maskSecrets } from "../util/secret-mask.ts"
import type { RunContext } from "./run-context.ts"
import type { StepLog } from "./step-log.ts"

/** What a step's events carry. */
export interface StepAbout {
  readonly runId: string
  readonly step: string
  readonly key: string
  readonly partitions: readonly string[]
}

/** Makes the context of a compute; `metadata` is filled by its calls. */
export function computeContext(
  run: RunContext,
  { asset, partition, step }: StepWork,
  about: StepAbout,
  { signal, metadata }: { readonly signal: AbortSignal; readonly metadata: { [name: string]: Json } },
): ComputeContext {
  const { id, environment, tags } = run.settings
  return {
    asset: asset.key,
    partition: {
      get key() {
        return partition ?? required(asset.key, "partition.key")
      },
      keys: step.partitions,
      get window() {
        return partitionWindow(asset, partition) ?? required(asset.key, "partition.window")
      },
    },
    run: { id, environment: environment.name, tags, now: environment.now },
    log: stepLog(run, about),
    signal,
    resources: run.settings.resources,
    metadata: values => {
      if (typeof values !== "object" || values === null || Array.isArray(values)) throw notNamed(asset.key)
      Object.assign(metadata, maskJson(plainJson(values)))
    },
  }
}

function stepLog(run: RunContext, about: StepAbout): StepLog {
  const write =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields?: { readonly [name: string]: unknown }): void => {
      run.emit({
        type: "log_written",
        ...about,
        level,
        message: maskSecrets(textOf(message)),
        ...(fields && { fields: maskJson(plainJson(fields)) }),
      })
    }
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") }
}

/** A message as text, whatever was passed. */
function textOf(message: unknown): string {
  try {
    return String(message)
  } catch {
    return "[unreadable]"
  }
}

function notNamed(key: string): UserCodeError {
  return new UserCodeError("VALUE_INVALID", {
    what: `The compute of '${key}' called ctx.metadata with something that is no object.`,
    why: "Metadata are values by their names.",
    fix: "Write ctx.metadata({ rows: 3 }).",
    details: { key },
  })
}

function required(key: string, property: string): never {
  throw new ConfigError("PARTITION_REQUIRED", {
    what: `The compute of '${key}' reads ${property}, and the step has none.`,
    why: property.endsWith("window")
      ? "Only partitions that are made of time have a window."
      : "The asset has no partitions.",
    fix: "Declare 'partitions' on the asset, or do not read it.",
    details: { key, property },
  })
}
