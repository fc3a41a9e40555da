// What every IO manager must do, as a table. All cases for each of them: `npm test` leaves some out of those that are slow.
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
const files = "tests/conformance/io-managers"
const args = [vitest, "run", "--project", "system", "--reporter=dot", files, ...process.argv.slice(2)]
const env = { ...process.env, CONFORMANCE: "all" }
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" })
process.exit(status ?? 1)
