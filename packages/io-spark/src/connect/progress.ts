import type { ExecutePlanResponse_ExecutionProgress as Progress } from "../generated/spark_connect_pb.ts"

/** How far a query is. */
export interface ExecutionProgress {
  readonly stages: readonly {
    readonly stageId: number
    readonly tasks: number
    readonly completedTasks: number
    readonly inputBytes: number
    readonly isDone: boolean
  }[]
  readonly tasks: number
  readonly completedTasks: number
  readonly runningTasks: number
  readonly inputBytes: number
}

/** What a server tells of a query's stages. */
export function progressOf({ stages, numInflightTasks }: Progress): ExecutionProgress {
  const told = stages.map(stage => ({
    stageId: Number(stage.stageId),
    tasks: Number(stage.numTasks),
    completedTasks: Number(stage.numCompletedTasks),
    inputBytes: Number(stage.inputBytesRead),
    isDone: stage.done,
  }))
  const sum = (of: "tasks" | "completedTasks" | "inputBytes") => told.reduce((total, stage) => total + stage[of], 0)
  return {
    stages: told,
    tasks: sum("tasks"),
    completedTasks: sum("completedTasks"),
    runningTasks: Number(numInflightTasks),
    inputBytes: sum("inputBytes"),
  }
}

/**
 * The tasks of the stages that ran. A stage whose rows are there already is passed over and has no completed task; the
 * last one ran, and its end is often not told any more.
 */
export function tasksRun({ stages }: ExecutionProgress): number | undefined {
  if (stages.length === 0) return undefined
  const last = Math.max(...stages.map(({ stageId }) => stageId))
  const ran = stages.filter(({ stageId, completedTasks }) => completedTasks > 0 || stageId === last)
  return ran.reduce((sum, { tasks }) => sum + tasks, 0)
}
