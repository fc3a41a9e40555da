import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"

/** Gives each test of a file a folder of its own, removed after it. */
export function eachTestInFolder(): () => string {
  let folder = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "assets-core-"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  return () => folder
}
