import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { EngineError } from "@assets/core"
import { describe, expect, test } from "vitest"
import type { SparkJars } from "../../src/install/spark-jars.ts"
import { findJava, requireJavaFor } from "../../src/launch/java.ts"
import { scratchFolder, skipsSpark } from "../started-spark.ts"

/** A folder with the form of a Java runtime, of which nothing is started. */
function javaHome(version: string): string {
  const home = scratchFolder()
  mkdirSync(join(home, "bin"))
  writeFileSync(join(home, "bin", "java"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
  writeFileSync(join(home, "release"), `IMPLEMENTOR="N/A"\nJAVA_VERSION="${version}"\n`)
  return home
}

async function errorOf(found: Promise<unknown>): Promise<EngineError> {
  const error = await found.catch((thrown: unknown) => thrown)
  if (error instanceof EngineError) return error
  throw new Error("no error")
}

describe.skipIf(skipsSpark)("the Java of this machine", () => {
  test("is found, with a version that Spark runs on", async () => {
    const java = await findJava(process.env.JAVA_HOME || undefined, process.env)
    expect(java.major).toBeGreaterThanOrEqual(17)
    expect(java.version.startsWith(String(java.major))).toBe(true)
  })
})

test("a Java that is too old is refused, with its version and the command for another", async () => {
  for (const version of ["11.0.2", "1.8.0_392"]) {
    const error = await errorOf(findJava(javaHome(version), {}))
    expect(error).toMatchObject({ code: "JAVA_MISSING", details: { version } })
    expect(error.fix).toMatch(/install .*17.* JAVA_HOME/)
  }
})

test("a Java that is too new for the Hadoop among the jars is refused before anything is written with it", async () => {
  const jars = (hadoop: string): SparkJars => ({
    folder: "/jars",
    version: "4.1.2",
    names: [`hadoop-client-api-${hadoop}.jar`],
    extras: [],
    sparkHome: undefined,
  })
  const [old, recent] = [await findJava(javaHome("21.0.1"), {}), await findJava(javaHome("25.0.1"), {})]
  requireJavaFor(jars("3.4.2"), old)
  requireJavaFor(jars("3.5.0"), recent)
  const error = await errorOf(Promise.resolve().then(() => requireJavaFor(jars("3.4.2"), recent)))
  expect(error).toMatchObject({ code: "JAVA_MISSING", details: { version: "25.0.1" } })
  expect(error.message).toContain("too new for Spark 4.1.2")
})

test("the runtime of the option, or of JAVA_HOME, is taken, and no other in its place", async () => {
  const env = { PATH: join(javaHome("21.0.1"), "bin") }
  expect(await findJava(undefined, env)).toMatchObject({ version: "21.0.1", major: 21 })
  expect(await findJava(javaHome("17.0.9"), env)).toMatchObject({ version: "17.0.9" })
  const error = await errorOf(findJava("/nowhere", env))
  expect(error).toMatchObject({ code: "JAVA_MISSING" })
  expect(error.message).toContain("/nowhere/bin/java")
})

test("no Java at all is told, and one that does not run", async () => {
  const none = await errorOf(findJava(undefined, { PATH: "/nowhere" }))
  expect(none).toMatchObject({
    code: "JAVA_MISSING",
    message: "There is no Java on the path, and JAVA_HOME is not set.",
  })
  const home = scratchFolder()
  mkdirSync(join(home, "bin"))
  writeFileSync(join(home, "bin", "java"), "#!/bin/sh\necho 'no runtime present' >&2\nexit 1\n", { mode: 0o755 })
  expect(await errorOf(findJava(home, {}))).toMatchObject({ code: "JAVA_MISSING" })
})
