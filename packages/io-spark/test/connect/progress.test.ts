import { expect, test } from "vitest"
import { tasksRun } from "../../src/connect/progress.ts"

const stage = (stageId: number, tasks: number, completedTasks: number) => {
  return { stageId, tasks, completedTasks, inputBytes: 0, isDone: completedTasks === tasks }
}

const progress = (...stages: ReturnType<typeof stage>[]) => {
  return { stages, tasks: 0, completedTasks: 0, runningTasks: 0, inputBytes: 0 }
}

test("the tasks of a write are those of the stages that ran, and of the last one, whose end is not told", () => {
  expect(tasksRun(progress(stage(1, 1, 1), stage(2, 8, 8), stage(4, 3, 0)))).toBe(12)
})

test("a stage that was passed over since its rows were there counts for nothing", () => {
  expect(tasksRun(progress(stage(5, 1, 0), stage(2, 8, 8), stage(3, 8, 0)))).toBe(9)
})

test("before a stage is known there is no number of tasks", () => {
  expect(tasksRun(progress())).toBeUndefined()
})
