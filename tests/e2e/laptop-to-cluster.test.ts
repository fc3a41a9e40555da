import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { projects } from "../built-command.ts"
import { pagesOnSpark, runPage } from "../docs/run-page.ts"

describe.skipIf(skipsSpark)("the commands of the pages on Spark", () => {
  // The cluster of the pages: SPARK_REMOTE leads to it.
  sharedSpark()
  const folder = mkdtempSync(join(projects, "pages-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(pagesOnSpark)("%s runs as it stands there and prints what it shows", { timeout: 600_000 }, async page => {
    await runPage(page, join(folder, "project"))
  })
})
