import { once } from "node:events"
import { rmSync } from "node:fs"
import { DuckDBInstance } from "@duckdb/node-api"
import Database from "better-sqlite3"
import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

describe("sources", () => {
  test("a missing input file is named, with the asset that reads it", async () => {
    const project = cliProject(shop)
    rmSync(project.path("orders.csv"))
    const { code, stderr } = await project.assets(["materialize"])
    expect(code).not.toBe(0)
    expect(stderr).toContain("SOURCE_FILE_MISSING")
    expect(stderr).toContain("orders.csv")
    expect(stderr).toContain("raw/orders")
  })

  test("a CSV that does not fit is shown with file and line", async () => {
    const project = cliProject({ ...shop, "orders.csv": "id,customer,cents\n1,ada,1250\n2,grace,four hundred\n" })
    const { code, stdout, stderr } = await project.assets(["materialize"])
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAIL staging\/large/)
    expect(stdout).toMatch(/\nDone\. ok=0 skipped=2 failed=1 checks_failed=0 in/)
    expect(stderr).toContain("SOURCE_DATA_INVALID")
    expect(stderr).toMatch(/Line 3 of .*orders\.csv/)
    expect(stderr).toContain("cents")
  })
})

describe("code that throws", () => {
  const text = shop["assets.ts"] ?? ""

  test("a transform that throws is shown at the user's line, before anything runs", async () => {
    const thrown = text.replace(
      "=> orders.filter(f => f.cents.geq(least))",
      '=> {\n    throw new RangeError("wrong")\n  }',
    )
    const project = cliProject({ ...shop, "assets.ts": thrown })
    for (const command of ["plan", "materialize"]) {
      const { code, stdout, stderr } = await project.assets([command])
      expect(code).toBe(1)
      expect(stdout).toBe("")
      expect(stderr.split("\n")[0]).toBe("assets.ts:17:11")
      expect(stderr).toContain("USER_CODE_FAILED")
      expect(stderr).toContain("RangeError: wrong")
    }
  })

  test("a column that is not there is exit 2, at the user's line, with the nearest name", async () => {
    const project = cliProject({ ...shop, "assets.ts": text.replace("f.cents.geq(least)", "f.cent.geq(least)") })
    const { code, stderr } = await project.assets(["plan"])
    expect(code).toBe(2)
    expect(stderr.split("\n")[0]).toMatch(/^assets\.ts:16:\d+$/)
    expect(stderr).toContain("FRAME_COLUMN_UNKNOWN")
    expect(stderr).toContain("cents")
  })

  test("a value that returns does not allow names the asset", async () => {
    const project = cliProject({
      "assets.ts": `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
export const rows = asset("x/rows", { returns: frame({ id: t.int64 }), compute: () => [{ id: "one" }] as any })`,
    })
    const { code, stdout, stderr } = await project.assets(["materialize"])
    expect(code).toBe(1)
    expect(stdout).toContain("FAIL x/rows")
    expect(stderr).toContain("FRAME_ROW_INVALID")
  })
})

describe("storage", () => {
  test("a folder that cannot be written is named", async () => {
    const project = cliProject({ ...shop, data: "a file where the folder should be" })
    const { code, stderr } = await project.assets(["materialize"])
    expect(code).toBe(1)
    expect(stderr).toMatch(/STORAGE_(UNWRITABLE|UNREADABLE)/)
    expect(stderr).toContain("data")
  })

  test("an event log that is no database is EVENT_LOG_CORRUPT, and says what to do", async () => {
    const project = cliProject({
      ...shop,
      ".assets/assets.db": "this is no database, whatever its name says, at all ".repeat(50),
    })
    for (const args of [["materialize"], ["runs"]]) {
      const { code, stderr } = await project.assets(args)
      expect(code).toBe(1)
      expect(stderr).toContain("EVENT_LOG_CORRUPT")
      expect(stderr).toContain("assets.db")
    }
  })

  test("an event log that another program holds is EVENT_LOG_LOCKED", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    const database = new Database(project.path(".assets/assets.db"))
    try {
      database.exec("begin exclusive")
      const { code, stderr } = await project.assets(["materialize", "--force"])
      expect(code).toBe(1)
      expect(stderr).toContain("EVENT_LOG_LOCKED")
    } finally {
      database.close()
    }
  })
})

test.each([["status"], ["plan"], ["materialize"], ["show", "marts/customers"]])(
  "%s tells who holds the DuckDB file that it waits for",
  async (...args) => {
    const project = cliProject({
      ...shop,
      "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdbFileIO } from "@assets/io-duckdb"
export default defineConfig({ environments: { file: { io: duckdbFileIO({ path: "w.duckdb" }) } } })
`,
    })
    expect((await project.assets(["materialize"])).code).toBe(0)
    const holder = await DuckDBInstance.create(project.path("w.duckdb"))
    const child = project.start([...args, "--json"])
    const ended = once(child, "close")
    const [told] = await once(child.stderr, "data")
    holder.closeSync()
    expect(String(told)).toMatch(new RegExp(`^Waiting for .*\\b${process.pid}\\b`))
    expect(await ended).toEqual([0, null])
  },
)
