import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession } from "@assets/core"
import type { Relation } from "@assets/dataframe"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { spark } from "../../src/index.ts"
import { batchRows, randomBatches, randomRows } from "../random-rows.ts"
import { sharedSpark, skipsSpark } from "../started-spark.ts"

const signal = new AbortController().signal
describe.skipIf(skipsSpark)("rows made in TypeScript on Spark", () => {
  let folder: string
  let session: EngineSession
  sharedSpark({ driverMemory: "600m" })
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assets-large-rows-"))
    session = await spark().open({ timeZone: "UTC", scratch: folder, now: new Date(0), signal })
  })
  afterAll(async () => {
    await session?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const uploads = () => readdirSync(folder).filter(name => name.startsWith("upload-"))

  test.skipIf(process.platform !== "linux")(
    "pass through the server's memory where it does not see the disk",
    async () => {
      const handle = openSync(folder, "r")
      // A path that leads each process to another place.
      const context = { timeZone: "UTC", scratch: `/proc/self/fd/${handle}`, now: new Date(0), signal }
      const apart = await spark().open(context)
      try {
        const uploaded = await apart.upload(randomBatches(2), randomRows)
        expect(uploads()).toEqual([])
        let rows = 0
        for await (const batch of apart.batches(uploaded, signal)) rows += batch.numRows
        expect(rows).toBe(2 * batchRows)
      } finally {
        await apart.close()
        closeSync(handle)
      }
    },
  )

  test("of 120 MB pass in, through a function and in again with a heap of 600 MB, and leave no files", async () => {
    const batches = 23
    const uploaded = (await session.upload(randomBatches(batches), randomRows)) as Relation // of the dataframe
    expect(uploads()).toHaveLength(1)
    let seen = 0
    const relation: Relation = {
      kind: "mapBatches",
      input: uploaded,
      schema: randomRows,
      map: async batch => {
        seen += batch.numRows
        return batch
      },
    }
    const path = join(folder, "target")
    mkdirSync(path)
    const target = { kind: "files", format: "parquet", path } as const
    const { rows, columns: written } = await session.write(relation, target, { stepId: "s", signal })
    expect([seen, rows]).toEqual([batches * batchRows, batches * batchRows])
    expect(written[0]).toMatchObject({ nullCount: 0, min: "0", max: String(batches * batchRows - 1) })
    expect(uploads()).toHaveLength(1) // what the function made is gone; what was uploaded stays until the end
    await session.close()
    expect(uploads()).toEqual([])
  })
})
