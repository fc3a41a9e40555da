// Runs the tests of Google Cloud Storage against an emulator. It brings what they need once per user: the emulator, built
// by Go, and a Spark of their own with the connector (Maven): what is installed beside Spark stays, for other tests too.
import { spawnSync } from "node:child_process"
import { homedir } from "node:os"
import { join } from "node:path"
import { cached, root, run, runTests } from "./opt-in-test.mjs"

const VERSION = "1.56.1"
const emulator = cached(`test-object-stores/fake-gcs-server-${VERSION}`, folder => {
  run("go", ["install", `github.com/fsouza/fake-gcs-server@v${VERSION}`], { env: { ...process.env, GOBIN: folder } })
})

const caches = process.env.ASSETS_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "assets")
const install = [join(root, "packages", "cli", "dist", "main.js"), "spark", "install", "--with", "delta,gcs", "--json"]
const { status, stdout, stderr } = spawnSync(process.execPath, install, {
  env: { ...process.env, ASSETS_CACHE: join(caches, "test-gcs") },
  encoding: "utf8",
  maxBuffer: 2 ** 26,
})
if (status !== 0) {
  console.error(stderr)
  process.exit(status ?? 1)
}
runTests("gcs", { SPARK_HOME: JSON.parse(stdout).folder, GCS_EMULATOR: join(emulator, "fake-gcs-server") })
