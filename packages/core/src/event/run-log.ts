import type { Materialization } from "../io/io-manager.ts"
import type { FileHashCache } from "../source/hash-file.ts"
import type { EventLog } from "./event-log.ts"

/** The right to write one asset's partition, until it is released. */
export interface Lease {
  readonly name: string
  /** Grows with each lease that is given, of any name. */
  readonly token: number
}

/** Who holds a lease that was asked for. */
export interface LeaseHolder {
  readonly runId: string
  readonly pid: number
  readonly host: string
}

/** A materialization, and how long its step took. */
export interface TimedMaterialization {
  readonly materialization: Materialization
  readonly durationMs: number
}

/** A step as a run begins: what `steps` tells before anything of it has started. */
export interface PendingStep {
  readonly id: string
  readonly key: string
  readonly partitions: readonly string[]
}

/**
 * What a runner needs of the event log besides the history: leases, what is being read, and caches.
 * All of it can be lost without harm to the data.
 */
export interface RunLog extends EventLog, FileHashCache {
  /** Makes all changes of the function at once, or none when it throws. May be nested; the outermost one counts. */
  transaction<T>(change: () => T): T
  /** Puts down the steps that a run is going to carry out. */
  addSteps(runId: string, steps: readonly PendingStep[]): void
  /** Materializations of an asset with the time that each took, latest first. */
  timings(query: { readonly environment: string; readonly key: string; readonly limit: number }): TimedMaterialization[]
  /** Gives the lease, or tells who holds it. One whose holder is dead is taken over. */
  acquireLease(name: string, runId: string): Lease | LeaseHolder
  holdsLease(lease: Lease): boolean
  releaseLease(lease: Lease): void
  /** Notes that a step reads these materializations: they are not collected until `dropReads`. */
  keepReads(runId: string, step: string, ids: readonly string[]): void
  dropReads(runId: string, step: string): void
  /** Ids of the materializations that running steps read, in any process. */
  inUse(): ReadonlySet<string>
  /** Says that the run's process lives. */
  heartbeat(runId: string): void
  /** Asks a running run to stop, whichever process carries it out; its runner looks now and then. */
  requestCancel(runId: string): void
  isCancelRequested(runId: string): boolean
  /** Whether the process that carries a run out is gone. */
  isRunnerDead(runId: string): boolean
  /**
   * Ends a running run as cancelled on behalf of its process, with its steps, and frees its leases: what the process still
   * makes does not become current. False when it had ended.
   */
  endRun(runId: string, reason: string): boolean
  /** Deletes runs that have ended from the history, and gives their space back. What `latest` tells stays. */
  deleteRuns(ids: readonly string[]): void
  /** Ids of what the log knows as the latest of every asset and partition. */
  latestIds(environment: string): ReadonlySet<string>
  /** Id of the last event; 0 where there is none. */
  lastEvent(): number
  /** The assets and partitions of which the log was told something new after an event, as `latestPlace` writes them. */
  toldAfter(environment: string, event: number): ReadonlySet<string>
  /** Forgets what it knows as the latest of a partition: the data is gone. Its history stays. */
  forgetLatest(environment: string, key: string, partition: string | null): void
  /** Steps whose last attempt failed and was not followed by a materialization: step → run. */
  failures(environment: string): ReadonlyMap<string, string>
  /** The keys that were added to a set of dynamic partitions, in the order in which they were. */
  dynamicKeys(name: string): readonly string[]
  /** Adds keys to a set of dynamic partitions; those that it has stay where they are. */
  addDynamicKeys(name: string, keys: readonly string[]): void
  removeDynamicKeys(name: string, keys: readonly string[]): void
  /** A plan as it was put down under its code version. */
  planText(codeVersion: string): string | undefined
  keepPlanText(codeVersion: string, text: string): void
}

/** An asset's partition, or the whole of one without, as a text. */
export function latestPlace(key: string, partition: string | null): string {
  return partition === null ? key : `${key}=${partition}`
}
