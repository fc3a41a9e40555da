import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { materializeUnderLimit, told } from "../bench/memory.ts"

// The tenth part of `npm run bench -- memory`. Less than 256 MiB is less than what DuckDB needs for it on two threads.
const request = { gigabytes: 1, memoryLimit: "256MiB" }

test("1 GB of Parquet is grouped and joined under 256 MiB, and nothing that was spilled is left", {
  timeout: 600_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "assets-memory-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const run = await materializeUnderLimit(folder, request)
  console.log(told(run, request))
  expect(run.output).toContain("Done. ok=2 skipped=0 failed=0 checks_failed=0")
  expect(run.made.bytes).toBeGreaterThan(0.9e9)
  expect(run.spilledBytes).toBeGreaterThan(0)
  expect(run.faults).toEqual([])
  expect(run.left).toEqual([])
})
