import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import type { Materialization } from "./io/io-manager.ts"
import { assetCode } from "./plan/asset-code.ts"
import { CurrentState } from "./plan/current-state.ts"
import { fingerprintOf } from "./plan/fingerprint.ts"
import { stepId } from "./plan/step-id.ts"
import { stepInputs } from "./plan/step-inputs.ts"
import { storedInputVersions } from "./plan/stored-input-versions.ts"
import { type OpenProject, openProject } from "./plan-work.ts"
import type { Json } from "./util/json.ts"
import { didYouMean } from "./util/nearest-name.ts"
import { uuidv7 } from "./util/uuid.ts"

export interface ReportOptions {
  /** A source without a reader, or an asset that returns `nothing()`. */
  readonly key: string
  readonly partition?: string
  /** Whatever changes when the data does. Default: a new one with each report. */
  readonly dataVersion?: string
  readonly metadata?: { readonly [name: string]: Json }
  readonly environment?: string | EnvironmentConfig
}

/**
 * Records that data was made outside of this product, so that what is below it becomes stale. An asset that is reported
 * counts as made from what its inputs hold now.
 *
 * @throws ConfigError `ASSET_UNKNOWN`; `ARGUMENT_INVALID` for data that this product stores or observes by itself;
 * `PARTITION_KEY_UNKNOWN`
 */
export async function reportMaterialization(project: Definitions, report: ReportOptions): Promise<Materialization> {
  const open = openProject(project, { environment: report.environment })
  try {
    const asset = project.assets.get(report.key)
    const source = project.sources.get(report.key)
    if (!asset && !source) throw unknown(project, report.key)
    if (asset ? asset.returns.kind !== "nothing" : source?.reader) throw notReportable(report.key, asset !== undefined)
    const partitions = (asset ?? source)?.options.partitions
    if (report.partition !== undefined && !partitions?.has(report.partition, open.partitionContext)) {
      throw unknownPartition(report.key, report.partition)
    }
    const made = asset ? await ofAsset(open, asset, report) : ofSource(report)
    return await record(open, made, asset)
  } finally {
    await open.close()
  }
}

function ofSource({ key, partition, dataVersion, metadata }: ReportOptions): Materialization {
  const id = uuidv7()
  return {
    id,
    key,
    partitions: partition === undefined ? [] : [partition],
    kind: "nothing",
    fingerprint: id,
    dataVersion: dataVersion ?? id,
    codeVersion: "",
    inputs: {},
    runId: uuidv7(),
    attempt: 1,
    createdAt: new Date().toISOString(),
    engine: "none",
    ...(metadata && { metadata }),
  }
}

/** The record of an asset as if a run had made it now: its next plan finds it unchanged. */
async function ofAsset(open: OpenProject, asset: Asset, report: ReportOptions): Promise<Materialization> {
  const { project, environment, sources, signal, partitionContext } = open
  const { now, timeZone } = environment
  const above = project.graph.upstream(asset.key)
  const state = new CurrentState(environment)
  await Promise.all([
    state.read(
      above.flatMap(key => project.assets.get(key) ?? []),
      signal,
    ),
    sources.observe(above.flatMap(key => project.sources.get(key) ?? [])),
  ])
  const partition = report.partition ?? null
  const { known } = storedInputVersions(stepInputs(asset, partition, partitionContext), { state, sources })
  const code = assetCode(asset, { now, timeZone, codeVersions: project.codeVersions })
  const fingerprint = fingerprintOf({ asset, code, partition }, known)
  return { ...ofSource(report), fingerprint, codeVersion: code.version, inputs: Object.fromEntries(known) }
}

async function record(open: OpenProject, made: Materialization, asset: Asset | undefined): Promise<Materialization> {
  const { environment, log, signal } = open
  const { runId, key, partitions } = made
  const step = stepId(key, partitions[0] ?? null)
  const tags = { reported: "true" }
  log.append({ type: "run_started", runId, environment: environment.name, selection: key, tags, steps: 1 })
  try {
    const stored = asset
      ? await environment.io(asset).handleOutput(
          {
            ...environment.ioContext(signal),
            key,
            partitions,
            id: made.id,
            fingerprint: made.fingerprint,
            write: "overwrite",
            layout: undefined,
            stepId: `${runId}:${step}:1`,
            session: () => environment.session(asset),
            approve: async () => made,
            commit: change => change(), // reporting takes no lease
            waiting: holder => log.append({ type: "step_waiting", runId, step, key, partitions, holder }),
            inUse: () => log.inUse(),
          },
          { kind: "nothing" },
        )
      : made
    log.append({ type: "asset_materialized", runId, step, key, partitions, materialization: stored, durationMs: 0 })
    log.append({ type: "run_succeeded", runId, durationMs: 0 })
    return stored
  } catch (error) {
    log.append({ type: "run_failed", runId, durationMs: 0 })
    throw error
  }
}

function unknown({ assets, sources }: Definitions, key: string): ConfigError {
  return new ConfigError("ASSET_UNKNOWN", {
    what: `There is no asset or source '${key}'.`,
    why: "The project does not declare it.",
    fix: didYouMean(key, [...assets.keys(), ...sources.keys()]) ?? "See 'assets list'.",
    details: { key },
  })
}

function notReportable(key: string, isAsset: boolean): ConfigError {
  return new ConfigError("ARGUMENT_INVALID", {
    what: `'${key}' cannot be reported.`,
    why: isAsset
      ? "Its data is stored by its IO manager, which tells what is current."
      : "It has a reader, which tells by itself when its files have changed.",
    fix: "Report sources without a reader, and assets that return nothing().",
    details: { key },
  })
}

function unknownPartition(key: string, partition: string): ConfigError {
  return new ConfigError("PARTITION_KEY_UNKNOWN", {
    what: `'${key}' has no partition '${partition}'.`,
    why: "It is none of its partition keys.",
    fix: "Correct the key, or leave it out for data without partitions.",
    details: { key, partition },
  })
}
