// Makes sure that there is a Spark for its tests: the product's own installer brings it. One line of output.
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

if (process.env.SPARK_HOME) {
  console.log(`Spark: ${process.env.SPARK_HOME}`)
} else {
  const main = join(root, "packages", "cli", "dist", "main.js")
  const args = [main, "spark", "install", "--with", "delta,iceberg,s3", "--json"]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 26 })
  try {
    const { version, folder } = JSON.parse(stdout)
    console.log(`Spark: ${version} in ${folder}`)
  } catch {
    const [line] = stderr.split("\n").filter(text => text.includes("error "))
    console.log(`Spark is absent: ${line ?? stderr.trim()}`)
    process.exitCode = 1
  }
}
