import { spawn } from "node:child_process"
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { AssetsError } from "@assets/core"
import { describe, expect, test } from "vitest"
import { findProgram } from "../../src/install/find-program.ts"
import { installSpark } from "../../src/install/install-spark.ts"
import { findSparkJars } from "../../src/install/spark-jars.ts"
import type { Variables } from "../../src/spark-options.ts"
import { holdsWithin, processesIn } from "../launch/spark-process.ts"
import { scratchFolder, skipsSpark } from "../started-spark.ts"

const skipsMaven = findProgram("mvn", process.env) === undefined && !process.env.CI
const installer = fileURLToPath(new URL("installer.ts", import.meta.url))

const withCache = (cache: string): Variables => ({ ...process.env, ASSETS_CACHE: cache })
const sets = (cache: string) => (existsSync(join(cache, "spark")) ? readdirSync(join(cache, "spark")) : [])

/** A path with some of this machine's programs and no other. */
function pathWith(names: readonly string[]): string {
  const folder = scratchFolder()
  for (const name of names) {
    const found = findProgram(name, process.env)
    if (found !== undefined) symlinkSync(found, join(folder, name))
  }
  return folder
}

/** A Maven whose only repository is one that does not answer. */
function mavenWithoutNetwork(): string {
  const folder = scratchFolder()
  const settings = join(folder, "settings.xml")
  const mirror = "<mirror><id>none</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:9/none</url></mirror>"
  writeFileSync(settings, `<settings><mirrors>${mirror}</mirrors></settings>`)
  const maven = findProgram("mvn", process.env)
  const script = `#!/bin/sh\nexec "${maven}" -s "${settings}" -Dmaven.repo.local="${join(folder, "repository")}" "$@"\n`
  writeFileSync(join(folder, "mvn"), script, { mode: 0o755 })
  return [folder, process.env.PATH].join(delimiter)
}

async function errorOf(work: Promise<unknown>): Promise<AssetsError> {
  const error = await work.catch((thrown: unknown) => thrown)
  if (error instanceof AssetsError) return error
  throw new Error("no error")
}

describe.skipIf(skipsSpark || skipsMaven)("installing by Maven", () => {
  test("brings the Connect server with its extras, tells how far it is, and writes down what came", async () => {
    const cache = scratchFolder()
    const seen = new Set<string>()
    const installed = await installSpark({
      env: withCache(cache),
      extras: ["delta"],
      onProgress: ({ what, files }) => seen.add(files > 0 ? `${what} some` : what),
    })
    expect(installed).toMatchObject({ version: "4.1.2", extras: ["delta"], from: "maven", wasThere: false })
    expect(installed.jars).toBeGreaterThan(150)
    expect(installed.bytes).toBeGreaterThan(200e6)
    expect(seen).toContain("checking some")
    expect(sets(cache)).toHaveLength(1)
    const { jars } = JSON.parse(readFileSync(join(installed.folder, "spark.json"), "utf8"))
    expect(jars).toHaveLength(installed.jars)
    expect(jars[0]).toMatchObject({
      name: expect.stringMatching(/\.jar$/),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(findSparkJars(undefined, withCache(cache))).toMatchObject({ version: "4.1.2", extras: ["delta"] })

    // A second time it is only looked at, and what was installed stays among what is wanted.
    const again = await installSpark({ env: withCache(cache) })
    expect(again).toEqual({ ...installed, wasThere: true })

    // A damaged jar is not taken for a whole one.
    appendFileSync(join(installed.folder, "jars", jars[7].name), "damage")
    const mended = await installSpark({ env: withCache(cache) })
    expect(mended).toEqual({ ...installed, wasThere: false })
    expect(sets(cache)).toHaveLength(1)
  })

  test("at once by two processes gives one set to both", async () => {
    const cache = scratchFolder()
    const [one, other] = await Promise.all([
      installSpark({ env: withCache(cache) }),
      installSpark({ env: withCache(cache) }),
    ])
    expect(one.folder).toBe(other.folder)
    expect(one.jars).toBe(other.jars)
    expect(sets(cache)).toHaveLength(1)
  })

  test("leaves nothing that looks complete when it is killed, and the next one clears away", async () => {
    const cache = scratchFolder()
    const args = ["--conditions=@assets/source", "--import", "tsx", installer]
    const child = spawn(process.execPath, args, { env: { ...process.env, ASSETS_CACHE: cache }, stdio: "ignore" })
    const ended = new Promise(resolve => child.once("exit", resolve))
    expect(await holdsWithin(60_000, () => sets(cache).some(name => jarsOf(cache, name) > 20))).toBe(true)
    child.kill("SIGKILL")
    await ended
    expect(sets(cache)).toEqual([expect.stringContaining(".part-")])
    expect(() => findSparkJars(undefined, withCache(cache))).toThrow("Spark is not installed.")
    expect(await holdsWithin(10_000, () => processesIn(cache).length === 0)).toBe(true)
    const installed = await installSpark({ env: withCache(cache) })
    expect(installed.wasThere).toBe(false)
    expect(sets(cache)).toHaveLength(1)
  })

  test("is stopped by a signal, and leaves nothing", async () => {
    const cache = scratchFolder()
    const controller = new AbortController()
    const install = installSpark({ env: withCache(cache), signal: controller.signal })
    await sleep(1_500)
    controller.abort(new Error("stopped by the test"))
    await expect(install).rejects.toThrow("stopped by the test")
    expect(sets(cache)).toEqual([])
  })

  test("without a network says that, and leaves nothing", async () => {
    const cache = scratchFolder()
    const env = { ...withCache(cache), PATH: mavenWithoutNetwork() }
    const error = await errorOf(installSpark({ env }))
    expect(error).toMatchObject({
      code: "SPARK_INSTALL_FAILED",
      message: "Maven does not reach its repository.",
      transient: true,
    })
    expect(sets(cache)).toEqual([])
  })

  test("without Java says how to get one", async () => {
    const env = { ...withCache(scratchFolder()), JAVA_HOME: undefined, PATH: pathWith(["mvn", "sh"]) }
    expect(await errorOf(installSpark({ env }))).toMatchObject({ code: "JAVA_MISSING" })
  })
})

test("without Maven and pip the command that brings Maven is told", async () => {
  const env = { ...withCache(scratchFolder()), PATH: pathWith(["sh"]) }
  const error = await errorOf(installSpark({ env }))
  expect(error).toMatchObject({ code: "SPARK_INSTALL_FAILED" })
  expect(error.fix).toContain("install maven")
})

test("without Maven extras are refused, also where pip could bring Spark alone", async () => {
  const path = scratchFolder()
  writeFileSync(join(path, "pip"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
  const env = { ...withCache(scratchFolder()), PATH: path }
  const error = await errorOf(installSpark({ env, extras: ["delta", "s3"] }))
  expect(error.message).toBe("Maven is missing, which brings delta, s3.")
})

test("a cache that cannot be written is told before anything is fetched", async () => {
  const folder = scratchFolder()
  mkdirSync(join(folder, "cache"))
  writeFileSync(join(folder, "cache", "spark"), "no folder")
  const path = scratchFolder()
  writeFileSync(join(path, "pip"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
  const env = { ...withCache(join(folder, "cache")), PATH: path }
  expect(await errorOf(installSpark({ env }))).toMatchObject({ code: "STORAGE_UNWRITABLE" })
})

function jarsOf(cache: string, name: string): number {
  const folder = join(cache, "spark", name, "jars")
  return existsSync(folder) ? readdirSync(folder).length : 0
}
