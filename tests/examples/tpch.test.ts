import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { makeTables } from "../../examples/tpch/generator.ts"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { CliProject } from "../e2e/cli-project.ts"
import { type ByHand, comparableRows, fetchedGenerator, openByHand } from "./tpch-data.ts"

const example = join(import.meta.dirname, "../../examples/tpch")
const files = ["assets.config.ts", "tables.ts", "queries-1-11.ts", "queries-12-22.ts"]
const numbers = Array.from({ length: 22 }, (_, i) => i + 1)
const keyOf = (number: number) => `tpch/q${String(number).padStart(2, "0")}`
const extension = fetchedGenerator()
if (!extension) console.log("TPC-H is left out: the generator could not be fetched with pip.")

let project: CliProject
let texts: ReadonlyMap<number, string>
let byHand: ByHand

/** The stored rows of a query, as what DuckDB reads. */
function stored(root: "data" | "data-spark", number: number): string {
  return `read_parquet('${project.path(root, keyOf(number), "latest", "*.parquet")}')`
}

describe.skipIf(!extension && !process.env.CI)("the example of TPC-H", () => {
  beforeAll(async () => {
    if (!extension) throw new Error("The generator of TPC-H could not be fetched with pip.")
    project = new CliProject(Object.fromEntries(files.map(name => [name, readFileSync(join(example, name), "utf8")])))
    texts = await makeTables(extension, 0.02, project.path("data-tables"))
    byHand = await openByHand(project.path("data-tables"))
  })
  afterAll(() => {
    byHand?.close()
    project?.remove()
  })

  describe("on DuckDB", () => {
    test("materializes an asset for each query", async () => {
      const { code, stdout, stderr } = await project.assets(["materialize"])
      expect([code, stderr]).toEqual([0, ""])
      expect(stdout).toMatch(/\nDone\. ok=22 skipped=0 failed=0 checks_failed=0 in \S+\n$/)
    })

    test.each(numbers)("stores of query %i what its SQL gives", async number => {
      const rows = (await byHand.read(`FROM ${stored("data", number)}`)).getRowsJson()
      const wanted = (await byHand.read(texts.get(number) ?? "")).getRowsJson()
      expect(comparableRows(rows)).toEqual(comparableRows(wanted))
    })
  })

  describe.skipIf(skipsSpark)("on Spark", () => {
    sharedSpark()

    test("materializes the same assets, which verify finds equal to DuckDB's", async () => {
      const made = await project.assets(["materialize", "--env", "spark"])
      expect([made.code, made.stderr]).toEqual([0, ""])
      expect(made.stdout).toMatch(/\nDone\. ok=22 skipped=0 failed=0 checks_failed=0 in \S+\n$/)
      const verified = await project.assets(["verify", "--env", "local", "--against", "spark"])
      expect([verified.code, verified.stderr]).toEqual([0, ""])
      expect(verified.stdout).toMatch(/\nVerified\. same=22 different=0 failed=0 in \S+\n$/)
    })

    test.each(numbers)(
      "stores of query %i the columns and rows that DuckDB stores, to the last digit",
      async number => {
        const [ours, theirs] = [stored("data", number), stored("data-spark", number)]
        const columns = async (from: string) =>
          (await byHand.read(`SELECT column_name, column_type FROM (DESCRIBE FROM ${from})`)).getRowsJson()
        expect(await columns(theirs)).toEqual(await columns(ours))
        const differences = await byHand.read(
          `SELECT (SELECT count(*) FROM (FROM ${ours} EXCEPT ALL FROM ${theirs})),
                (SELECT count(*) FROM (FROM ${theirs} EXCEPT ALL FROM ${ours}))`,
        )
        expect(differences.getRowsJson()).toEqual([["0", "0"]])
      },
    )
  })
})
