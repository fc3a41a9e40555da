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
