import type { EngineSession } from "../engine/engine.ts"
import { StorageError } from "../errors/assets-error.ts"
import type { Materialization, Written } from "../io/io-manager.ts"
import { CurrentState, type StoredState } from "../plan/current-state.ts"
import { adds } from "../plan/fingerprint.ts"
import { stepId } from "../plan/step-id.ts"
import type { OpenProject } from "../plan-work.ts"
import type { RunContext } from "../run/run-context.ts"
import { uuidv7 } from "../util/uuid.ts"
import type { OutputValue } from "../value/value-type.ts"
import { StepLeases, stepAbout } from "./step-leases.ts"
import { confirmUnreplaced, loadVersion, readsInPlace, type StoredVersion, storedSchema } from "./stored-value.ts"

/** A stored version that is to be copied, and what is current where it goes. */
export interface Copied extends StoredVersion {
  readonly intact: boolean
  readonly applied?: ReadonlySet<string>
  readonly former?: StoredState
}

/** Copies one stored version into the open environment, under the lease of its step there. */
export async function copyVersion(run: RunContext, open: OpenProject, copied: Copied): Promise<Materialization> {
  const { asset, partition, materialization } = copied
  if (!copied.intact) throw notWhole(copied)
  const { log, signal, environment } = open
  const about = stepAbout(run, { key: asset.key, partition })
  const startedAt = performance.now()
  const leases = await StepLeases.take(run, [{ key: asset.key, partition }], signal)
  try {
    await confirmNothingAdded(open, copied)
    run.change(append => {
      append({ type: "step_started", ...about, attempt: 1, reasons: [] })
      log.keepReads(about.runId, about.step, [materialization.id])
    })
    const output = await outputOf(open, copied, about.step)
    const id = uuidv7()
    const made = await environment.io(asset).handleOutput(
      {
        ...environment.ioContext(signal),
        key: asset.key,
        id,
        partitions: about.partitions,
        fingerprint: materialization.fingerprint,
        write: "overwrite", // the rows are all there are, also of what was appended
        ...(copied.applied && { applied: copied.applied }),
        layout: asset.options.layout,
        stepId: `${about.runId}:${about.step}:1`,
        session: () => environment.session(asset),
        approve: async written => {
          await confirmUnreplaced(copied, signal)
          return recordOf(copied, { id, runId: about.runId, kind: output.kind, written })
        },
        commit: change => leases.commit(change),
        waiting: holder => run.emit({ type: "step_waiting", ...about, holder }),
        inUse: () => log.inUse(),
      },
      output,
    )
    const durationMs = Math.round(performance.now() - startedAt)
    run.change(append => {
      append({ type: "asset_materialized", ...about, materialization: made, durationMs })
      leases.release()
      log.dropReads(about.runId, about.step)
    })
    return made
  } finally {
    leases.release()
  }
}

function rowsWouldBeLost({ asset, partition }: Copied, to: string, count: number): StorageError {
  const step = stepId(asset.key, partition)
  return new StorageError("STORAGE_CONFLICT", {
    what: `'${step}' of '${to}' holds ${count === 1 ? "an addition" : `${count} additions`} that what is to be copied has not.`,
    why: "A copy puts rows in the place of what is there, and would drop those.",
    fix: `Leave '${asset.key}' out, or make it anew in '${to}' first: assets materialize ${asset.key} --env ${to} --force --reapply`,
    details: { key: asset.key, partition, additions: count },
  })
}

/**
 * Rows that were added while the copy waited are in no version that it would put in their place.
 * @throws StorageError `STORAGE_CONFLICT`
 */
async function confirmNothingAdded({ environment, signal }: OpenProject, copied: Copied): Promise<void> {
  const { asset, partition, former } = copied
  if (!adds(asset)) return
  const now = new CurrentState(environment)
  await now.refreshPartition(asset, partition, signal)
  const there = now.get(asset.key, partition)
  const current = there?.materialization
  if (current === undefined) return
  const lacking = [...(there?.applied ?? [])].filter(added => !copied.applied?.has(added))
  if (lacking.length > 0) throw rowsWouldBeLost(copied, environment.name, lacking.length)
  if (current.id === former?.materialization.id) return
  throw new StorageError("STORAGE_CONFLICT", {
    what: `Rows were added to '${stepId(asset.key, partition)}' of '${environment.name}' while it was to be copied.`,
    why: `The run ${current.runId} added them after the copy was planned; the copy would drop them.`,
    fix: "Look at what is there now; to have it replaced all the same, copy again.",
    details: { key: asset.key, partition, run: current.runId },
  })
}

/**
 * The stored value as it is written anew: rows that both engines can read are read by the one that writes them; else they
 * flow from the one engine to the other.
 */
async function outputOf({ environment, signal }: OpenProject, copied: Copied, step: string): Promise<OutputValue> {
  const { asset, materialization, environment: from } = copied
  const { kind } = materialization
  if (kind === "json" || kind === "nothing") {
    const value = await loadVersion(copied, { session: () => environment.session(asset), signal })
    if (value.kind !== "relation") return value
    throw new Error(`'${step}' is recorded as ${kind} and was loaded as a table; please report this`)
  }
  const isShared = readsInPlace(environment, copied)
  const session = (): Promise<EngineSession> => (isShared ? environment : from).session(asset)
  const value = await loadVersion(copied, { session, signal })
  if (value.kind !== "relation" || isShared) return value
  const { relation } = value
  const schema = storedSchema(asset, materialization) ?? value.schema
  const reader = await session()
  return { kind: "batches", schema, batches: () => reader.batches(relation, signal) }
}

interface CopyFacts {
  readonly id: string
  readonly runId: string
  readonly kind: OutputValue["kind"]
  readonly written: Written
}

/** The record of the copy: of the same work and the same data, counted anew by the write. */
function recordOf({ materialization, partition }: Copied, { id, runId, kind, written }: CopyFacts): Materialization {
  const { rows, bytes, files, columns, usage: _usage, ...original } = materialization
  const seen = written.result
  return Object.freeze({
    ...original,
    id,
    partitions: partition === null ? [] : [partition],
    kind,
    runId,
    attempt: 1,
    createdAt: new Date().toISOString(),
    ...(seen ? { rows: seen.rows, bytes: seen.bytes, files: seen.files.length } : rows !== undefined && { rows }),
    ...(seen && seen.columns.length > 0 ? { columns: seen.columns } : columns && { columns }),
  })
}

function notWhole({ asset, environment, partition }: Copied): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `The stored data of '${asset.key}'${partition === null ? "" : ` [${partition}]`} is not whole.`,
    why: `Its record is there in '${environment.name}', and files of it are not.`,
    fix: `Materialize it there: assets materialize ${asset.key} --env ${environment.name}`,
    details: { key: asset.key, partition, environment: environment.name },
  })
}
