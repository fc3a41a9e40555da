import { EngineError } from "@assets/core"
import type { RoomRule } from "../connect/room-watch.ts"
import type { SparkLaunch } from "../spark-options.ts"
import { isLocal } from "./spark-master.ts"
import type { SparkServer } from "./start-spark-server.ts"

/** A cluster has as long to find room for tasks as for the start of a server. */
const ROOM_MS = 300_000

/**
 * What is done when none of a session's tasks runs on the server that was started for it. One that is kept may be at
 * work for others, and is waited for.
 */
export function roomRule(
  launch: SparkLaunch,
  { logTail }: Pick<SparkServer, "logTail">,
  waiting: ((holder: string) => void) | undefined,
): RoomRule {
  if (isLocal(launch.master)) return {}
  const { master } = launch
  return {
    tell: () =>
      waiting?.(
        `an executor of the cluster ${master}: none of the query's tasks runs, each asks for ${executorOf(launch)}`,
      ),
    starvation: () =>
      logTail()
        .split("\n")
        .findLast(line => line.includes("has not accepted any resources")),
    ...(launch.keepAliveMs === undefined && { giveUpMs: ROOM_MS, error: ms => roomFailure(launch, ms) }),
  }
}

/** The error of queries that no executor has worked on for so long. */
function roomFailure(launch: SparkLaunch, waitedMs: number): EngineError {
  const { master } = launch
  const seconds = Math.ceil(waitedMs / 1000)
  return new EngineError("ENGINE_NO_EXECUTORS", {
    what: `The cluster ${master} has had no executor for the query's tasks for ${seconds} seconds.`,
    why: `An executor is asked for with ${executorOf(launch)}. No worker has so much, others hold it, or executors end as soon as they start.`,
    fix: `Ask for what a worker has: spark({ executorMemory: "1g", executorCores: 1 }), or SPARK_EXECUTOR_MEMORY and SPARK_EXECUTOR_CORES. ${place(master)}`,
    details: { master, executorMemory: memoryOf(launch), executorCores: launch.executorCores ?? null },
    transient: true,
  })
}

function executorOf(launch: SparkLaunch): string {
  const { executorCores: cores } = launch
  return `${memoryOf(launch)} of memory${cores === undefined ? "" : `, ${cores} ${cores === 1 ? "core" : "cores"}`}`
}

/** A gibibyte is Spark's own default. */
function memoryOf({ executorMemory, conf }: SparkLaunch): string {
  return executorMemory ?? conf["spark.executor.memory"] ?? "1g"
}

function place(master: string): string {
  if (master === "yarn") return "What the queue has is told by: yarn application -list; yarn node -list -showDetails"
  if (master.startsWith("k8s:")) return "Why a pod waits is told by: kubectl get pods; kubectl describe pod"
  return "What the workers have, and who holds it, is on the page of the master (port 8080)."
}
