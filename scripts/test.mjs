// Runs every test. It sets up what it needs by itself (dependencies, build, browser) and ends with one line of counts.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const inherit = { cwd: root, stdio: "inherit" }

for (const script of ["setup.mjs"]) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts", script)], inherit)
  if (status !== 0) process.exit(status ?? 1)
}
// Their absence is told, counted as skipped tests, and in CI a failure of those tests; never of this script.
spawnSync("bash", [join(root, "scripts", "install-chromium.sh")], inherit)
spawnSync(process.execPath, [join(root, "scripts", "install-spark.mjs")], inherit)
spawnSync(process.execPath, [join(root, "scripts", "install-object-stores.mjs")], inherit)
spawnSync(process.execPath, [join(root, "scripts", "install-iceberg-catalog.mjs")], inherit)

const folder = mkdtempSync(join(tmpdir(), "assets-test-"))
const report = join(folder, "report.json")
const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, [vitest, ...args], inherit)

let counts = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, numFailedTestSuites: 0 }
try {
  counts = JSON.parse(readFileSync(report, "utf8"))
} catch {
  console.error("The test runner ended without a report; counted as one failure.")
}
rmSync(folder, { recursive: true, force: true })
// A file that does not load has no failed test of its own: it counts as one.
const failed = status !== 0 && counts.numFailedTests === 0 ? 1 : counts.numFailedTests
console.log(
  `${counts.numPassedTests} passed, ${failed} failed, ${counts.numPendingTests + counts.numTodoTests} skipped`,
)
process.exit(status === 0 && failed === 0 ? 0 : 1)
