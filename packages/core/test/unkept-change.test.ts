import { asset, definitions, inMemory, json, materialize, openEventLog, StorageError } from "@assets/core"
import type { RunLog } from "@assets/core/testing"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

/** An environment whose log cannot keep the first change that tells of such an event: the disk is full for once. */
function fullOnce(type: "asset_materialized") {
  const environment = inMemory()
  const project = definitions({ assets: {}, environments: { local: environment }, base: folder() })
  const log = openEventLog(project, environment) as RunLog // that of an environment in memory is one object
  const [append, transaction] = [log.append.bind(log), log.transaction.bind(log)]
  let told = 0
  let failures = 0
  log.append = event => {
    if (event.type === type) told++
    return append(event)
  }
  log.transaction = change =>
    transaction(() => {
      const before = told
      const result = change()
      if (failures > 0 || told === before) return result
      failures++
      throw new StorageError("STORAGE_FULL", { what: "The log is full.", why: "No space left.", fix: "Free space." })
    })
  return { environment, log, failures: () => failures }
}

test("a step whose end could not be kept tells of it with its next attempt, and does not wait for itself", async () => {
  const { environment, log, failures } = fullOnce("asset_materialized")
  let calls = 0
  const retry = { attempts: 2 }
  const compute = () => ++calls
  const one = asset("a/one", { returns: json<number>(), version: "1", retry, compute })
  const project = definitions({ assets: { one }, environments: { local: environment }, base: folder() })
  const run = await materialize(project, { environment })
  expect(failures()).toBe(1)
  expect(run.steps).toMatchObject([{ status: "materialized" }])
  expect(calls).toBe(1)
  expect(log.run(run.id)).toMatchObject({ status: "succeeded", counts: { ok: 1, failed: 0 } })
})
