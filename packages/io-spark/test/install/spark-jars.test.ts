import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder, EngineError } from "@assets/core"
import { expect, test } from "vitest"
import { findSparkJars } from "../../src/install/spark-jars.ts"
import { scratchFolder } from "../started-spark.ts"

function jarsIn(folder: string, names: readonly string[]): string {
  mkdirSync(join(folder, "jars"), { recursive: true })
  for (const name of names) writeFileSync(join(folder, "jars", name), "")
  return folder
}

function installed(cache: string, name: string, version: string, further: readonly string[]): void {
  const folder = join(cache, "spark", name)
  jarsIn(folder, [...server(version), ...further])
  writeFileSync(join(folder, "spark.json"), JSON.stringify({ format: 1, version, extras: [], from: "maven", jars: [] }))
}

const server = (version: string) => [`spark-core_2.13-${version}.jar`, `spark-connect_2.13-${version}.jar`]

function errorOf(find: () => unknown): EngineError {
  try {
    find()
  } catch (error) {
    if (error instanceof EngineError) return error
  }
  throw new Error("no error")
}

test("SPARK_HOME is taken before what is installed, and its logging stands first on the class path", () => {
  const home = jarsIn(scratchFolder(), [
    ...server("4.0.1"),
    "a.jar",
    "slf4j-api-2.0.17.jar",
    "delta-spark_4.0_2.13-4.4.0.jar",
  ])
  const found = findSparkJars(home, { ASSETS_CACHE: "/nowhere" })
  expect(found).toMatchObject({ version: "4.0.1", sparkHome: home, extras: ["delta"] })
  expect(found.names[0]).toBe("slf4j-api-2.0.17.jar")
})

test("of what is installed the set with the most extras is taken; one that is half-made, or of another version, is not", () => {
  const cache = scratchFolder()
  installed(cache, "4.1.2-0123456789ab", "4.1.2", [])
  installed(cache, "4.1.2-aaaaaaaaaaaa", "4.1.2", ["delta-spark_4.1_2.13-4.4.0.jar"])
  installed(cache, "4.1.2-bbbbbbbbbbbb.part-1-abc", "4.1.2", ["delta-spark_x.jar", "hadoop-aws-3.jar"])
  installed(cache, "3.9.9-cccccccccccc", "3.9.9", ["delta-spark_x.jar", "hadoop-aws-3.jar"])
  jarsIn(join(cache, "spark", "4.1.2-dddddddddddd"), server("4.1.2"))
  expect(findSparkJars(undefined, { ASSETS_CACHE: cache }).folder).toBe(
    join(cache, "spark", "4.1.2-aaaaaaaaaaaa", "jars"),
  )
})

test("without jars the command that brings them is told", () => {
  const error = errorOf(() => findSparkJars(undefined, { ASSETS_CACHE: scratchFolder() }))
  expect(error).toMatchObject({ code: "SPARK_MISSING", message: "Spark is not installed." })
  expect(error.fix).toContain("assets spark install")
})

test("a SPARK_HOME that leads nowhere, or to a Spark without the Connect server, is no reason to take another", () => {
  const cache = scratchFolder()
  installed(cache, "4.1.2-0123456789ab", "4.1.2", [])
  const env = { ASSETS_CACHE: cache }
  expect(errorOf(() => findSparkJars("/nowhere", env))).toMatchObject({ code: "SPARK_MISSING" })
  const old = jarsIn(scratchFolder(), ["spark-core_2.12-3.5.1.jar"])
  const error = errorOf(() => findSparkJars(old, env))
  expect(error).toMatchObject({ code: "SPARK_MISSING", details: { version: "3.5.1" } })
  expect(error.fix).toContain("Spark 4.0 or later")
})

test("the cache is the user's, where the system has such things, unless ASSETS_CACHE says otherwise", () => {
  const env = { HOME: "/home/u" }
  expect(cacheFolder(env, "linux")).toBe("/home/u/.cache/assets")
  expect(cacheFolder(env, "darwin")).toBe("/home/u/Library/Caches/assets")
  expect(cacheFolder({ ...env, XDG_CACHE_HOME: "/x" }, "linux")).toBe("/x/assets")
  expect(cacheFolder({ ...env, XDG_CACHE_HOME: "/x", ASSETS_CACHE: "/y" }, "linux")).toBe("/y")
})
