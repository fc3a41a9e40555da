import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { cliProject } from "./cli-project.ts"

interface Installed {
  readonly version: string
  readonly extras: readonly string[]
  readonly folder: string
  readonly jars: number
  readonly bytes: number
  readonly from: string
  readonly wasThere: boolean
}

// With a distribution of one's own nothing was installed for the tests.
describe.skipIf(skipsSpark || Boolean(process.env.SPARK_HOME))("spark install", () => {
  test("looks at each jar of what is installed, and brings nothing twice", async () => {
    const project = cliProject({})
    const [found, ...more] = await project.json<Installed>(["spark", "install"])
    expect(more).toEqual([])
    expect(found).toMatchObject({ version: expect.stringMatching(/^4\./), wasThere: true })
    expect(found?.jars).toBeGreaterThan(150)
    const { code, stdout } = await project.assets(["spark", "install"])
    expect(code).toBe(0)
    expect(stdout).toContain(`Spark ${found?.version}`)
    expect(stdout).toMatch(/ is whole in .*\nDone\. jars=\d+ bytes=\d+\.\d MB in \d.*s\n$/)
  })
})

test("spark install says which extras there are", async () => {
  const { code, stderr } = await cliProject({}).assets(["spark", "install", "--with", "delta,hudi"])
  expect(code).toBe(2)
  expect(stderr).toContain("ARGUMENT_INVALID There is no 'hudi' to install beside Spark.")
  expect(stderr).toContain("There are delta, iceberg, s3, gcs.")
})

test("spark install without Maven and pip says what to install, and leaves no set", async () => {
  const project = cliProject({})
  const env = { PATH: "/nowhere", ASSETS_CACHE: project.path("cache") }
  const { code, stdout, stderr } = await project.assets(["spark", "install"], { env })
  expect(code).toBe(1)
  expect(stdout).toBe("")
  expect(stderr).toContain("SPARK_INSTALL_FAILED Neither Maven nor pip is on the path.")
  expect(stderr).toContain("install maven")
  expect(existsSync(join(project.path("cache"), "spark"))).toBe(false)
})
