// Runs the tests of Spark on YARN and HDFS. It brings what they need once per user: a whole distribution of Spark (pip),
// since Maven's jars have no YARN, and a cluster of one process (Maven). About 600 MB.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const VERSION = "4.1.4"
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(process.env.ASSETS_CACHE ?? join(homedir(), ".cache", "assets"), "test-yarn")

/** Makes a folder by a function that fills another one: what is broken off is not found. */
function made(name, fill) {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  const part = `${folder}.part-${process.pid}`
  mkdirSync(part, { recursive: true })
  fill(part)
  renameSync(part, folder)
  return folder
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", ...options })
  if (status !== 0) {
    console.error(`${command} is missing or has failed${error ? `: ${error.message}` : ""}.`)
    process.exit(status ?? 1)
  }
}

const sparkHome = made(`spark-${VERSION}`, folder => {
  const download = ["download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, `pyspark==${VERSION}`]
  run("pip", ["--disable-pip-version-check", ...download])
  const archive = join(folder, readdirSync(folder).find(name => name.endsWith(".tar.gz")) ?? "")
  mkdirSync(join(folder, "jars"))
  run("tar", ["-xzf", archive, "-C", join(folder, "jars"), "--strip-components=3", `pyspark-${VERSION}/deps/jars`])
  rmSync(archive)
})
const jars = made("mini-cluster", folder => {
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
  run("mvn", ["-q", "-B", goal, `-DoutputDirectory=${folder}`, "-DincludeScope=runtime"], {
    cwd: join(root, "tests", "yarn"),
  })
})

const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
const env = { ...process.env, TEST_YARN: "1", SPARK_HOME: sparkHome, MINI_CLUSTER_JARS: jars }
const args = [vitest, "run", "--project", "yarn", ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" })
process.exit(status ?? 1)
