// What the scripts of the tests have in common that `npm test` leaves out.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Makes a folder of the user's cache by a function that fills another one: what is broken off is not found. */
export function cached(name, fill) {
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache")
  const folder = join(process.env.ASSETS_CACHE || join(caches, "assets"), name)
  if (existsSync(folder)) return folder
  const part = `${folder}.part-${process.pid}`
  mkdirSync(part, { recursive: true })
  process.once("exit", () => rmSync(part, { recursive: true, force: true }))
  fill(part)
  renameSync(part, folder)
  return folder
}

export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", ...options })
  if (status !== 0) {
    console.error(`${command} is missing or has failed${error ? `: ${error.message}` : ""}.`)
    process.exit(status ?? 1)
  }
}

/** Brings the jars that the `pom.xml` of a folder names into another folder, by Maven. */
export function bringDependencies(project, folder) {
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
  run("mvn", ["-q", "-B", goal, `-DoutputDirectory=${folder}`, "-DincludeScope=runtime"], { cwd: project })
}

/** Brings the jars of a whole distribution of Spark into `jars` of a folder, by pip. */
export function bringDistribution(version, folder) {
  const download = ["download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, `pyspark==${version}`]
  run("pip", ["--disable-pip-version-check", ...download])
  const archive = join(folder, readdirSync(folder).find(name => name.endsWith(".tar.gz")) ?? "")
  mkdirSync(join(folder, "jars"))
  run("tar", ["-xzf", archive, "-C", join(folder, "jars"), "--strip-components=3", `pyspark-${version}/deps/jars`])
  rmSync(archive)
}

/** Runs a project of vitest, with the arguments of the script, and ends with its exit code. */
export function runTests(project, variables) {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
  const args = [vitest, "run", "--project", project, ...process.argv.slice(2)]
  const env = { ...process.env, TEST_PROJECT: project, ...variables }
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" })
  process.exit(status ?? 1)
}
