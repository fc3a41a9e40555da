import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type SparkServer, startSparkServer } from "../../packages/io-spark/test/spark-server.ts"
import { cliProject } from "../e2e/cli-project.ts"
import { readGolden } from "../parity/golden/golden-file.ts"
import { sparkOutcomes } from "../parity/golden/spark-outcomes.ts"

/** What `npm run test:spark-versions` has brought: the folder of each version. */
const homes: { readonly [version: string]: string } = JSON.parse(process.env.SPARK_HOMES ?? "{}")
const homeOf = (line: string) => Object.entries(homes).find(([version]) => version.startsWith(`${line}.`)) ?? ["", ""]

const example = join(import.meta.dirname, "../../examples/flights")
/** Each seventh of the recorded cases: all of them take minutes on each version. */
const all = readGolden()
const golden = { ...all, cases: all.cases.filter((_, i) => i % 7 === 0) }

/** A server of a line of versions, for all tests of a block: the one of `spark()`, also in processes that a test starts. */
function serverOf(line: string): void {
  let server: SparkServer | undefined
  let classes: string | undefined
  beforeAll(async () => {
    const [, sparkHome] = homeOf(line)
    classes = line.startsWith("3.") ? compiledServer(sparkHome) : undefined
    server = await startSparkServer(settings, { sparkHome, ...(classes && { classes, main: "ConnectOnLoopback" }) })
    process.env.SPARK_REMOTE = server.remote
  })
  afterAll(async () => {
    delete process.env.SPARK_REMOTE
    await server?.stop()
    if (classes) rmSync(classes, { recursive: true, force: true })
  })
}

/** One task at a time: doubles are then summed in the order in which Spark summed them for the recorded cases. */
const settings = { "spark.master": "local[1]" }

/** A folder with the server of Spark 3. */
function compiledServer(sparkHome: string): string {
  const folder = mkdtempSync(join(tmpdir(), "assets-spark-versions-"))
  const source = join(import.meta.dirname, "ConnectOnLoopback.java")
  execFileSync("javac", ["-nowarn", "-cp", join(sparkHome, "jars", "*"), "-d", folder, source])
  return folder
}

function flights() {
  const files = ["assets.ts", "delay-model.ts", "assets.config.ts"]
  return cliProject(Object.fromEntries(files.map(name => [name, readFileSync(join(example, name), "utf8")])))
}

describe("Spark 3.4", () => {
  serverOf("3.4")

  test("is refused by its version, with what to use, before anything runs", async () => {
    const { code, stdout, stderr } = await flights().assets(["materialize", "--env", "spark"])
    expect(code).toBe(1)
    expect(stdout).toContain("Done. ok=0 skipped=4 failed=2 ")
    const [error, why, fix] = stderr.split("\n")
    expect(error).toMatch(
      /^error ENGINE_VERSION_UNSUPPORTED Spark at 127\.0\.0\.1:\d+ is 3\.4\.\d, which is too old\.$/,
    )
    expect(why).toMatch(/^ {2}why {2}Queries that outlive a lost connection/)
    expect(fix).toMatch(/^ {2}fix {2}Use a server of Spark 3\.5, 4\.0, or 4\.1 and later/)
  })
})

describe.each(["3.5", "4.0", "4.2"])("Spark %s", line => {
  serverOf(line)

  test("computes of the example of flights what DuckDB computes", async () => {
    const verified = await flights().assets(["verify", "--env", "local", "--against", "spark"])
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("Verified. same=6 ") })
  })

  test("gives for the recorded cases what Spark 4.1 gives, or is known to give something else", async () => {
    const { outcomes, version } = await sparkOutcomes(golden)
    expect(version).toBe(homeOf(line)[0])
    const open = golden.cases.flatMap(({ id, sparkSql }) => {
      const outcome = outcomes.get(id)
      return outcome?.kind === "open"
        ? [`${id} | ${sparkSql} | ${outcome.why.slice(0, 300).replaceAll("\n", " ")}`]
        : []
    })
    await expect(`${open.join("\n")}\n`).toMatchFileSnapshot(`different-on-${line}.txt`)
  })
})
