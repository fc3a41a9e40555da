import { setTimeout as delay } from "node:timers/promises"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { resolveEnvironment } from "./environment/resolve-environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import type { RunRecord } from "./event/event-log.ts"
import { findRun } from "./event/find-run.ts"
import { openRunLog } from "./open-event-log.ts"

export interface CancelRunOptions {
  /** Whose event log. Default: the project's. */
  readonly environment?: string | EnvironmentConfig
  /** Milliseconds for which the run's process may end it. Default 15,000. */
  readonly patienceMs?: number
  /** Ends the waiting; the run stays asked to stop. */
  readonly signal?: AbortSignal
}

export interface CancelledRun {
  /** As it ended: it may also have ended by itself meanwhile. */
  readonly run: RunRecord
  /**
   * `stopped`: its process ended it. `taken`: the process is gone, stopped or does not answer; the run was ended in the
   * log and its leases were taken, so that nothing it still makes becomes current.
   */
  readonly how: "stopped" | "taken"
}

const POLL_MS = 100
const DEFAULT_PATIENCE_MS = 15_000

/**
 * Asks a run to stop, whichever process of this host carries it out, and waits until it has ended.
 * @param run its id, how its id begins, or `latest`
 * @throws ConfigError `RUN_UNKNOWN`, `RUN_ENDED`
 */
export async function cancelRun(
  project: Definitions,
  run: string,
  { environment, patienceMs = DEFAULT_PATIENCE_MS, signal }: CancelRunOptions = {},
): Promise<CancelledRun> {
  const log = openRunLog(project, resolveEnvironment(project, environment))
  try {
    const { id, status } = findRun(log, run)
    if (status !== "running") throw ended(id, status)
    log.requestCancel(id)
    const deadline = performance.now() + patienceMs
    while (log.run(id)?.status === "running" && performance.now() < deadline && !log.isRunnerDead(id)) {
      await delay(POLL_MS, undefined, signal && { signal })
    }
    const wasTaken = log.endRun(id, "cancelled without its process")
    return { run: findRun(log, id), how: wasTaken ? "taken" : "stopped" }
  } finally {
    log.close()
  }
}

function ended(id: string, status: string): ConfigError {
  return new ConfigError("RUN_ENDED", {
    what: `The run ${id} has ended: ${status}.`,
    why: "A run can be stopped only while it goes on.",
    fix: `See what it did: assets runs show ${id}`,
    details: { run: id, status },
  })
}
