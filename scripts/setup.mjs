// Makes a fresh clone ready: dependencies when the lock file changed, then what is not built yet. Nothing to do is quick.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const marker = join(root, "node_modules", ".assets-setup")

/** Runs a command, its output to stderr so that stdout stays the caller's; ends the process when it fails. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex")
if (!existsSync(marker) || readFileSync(marker, "utf8") !== lock) {
  console.error("Installing dependencies (one of them is compiled, about a minute) …")
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel", "error"])
  writeFileSync(marker, lock)
} else {
  run(process.execPath, [join(root, "scripts", "generate-protocol.mjs")])
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"])
  run(process.execPath, [join(root, "scripts", "bundle-packages.mjs")])
}
if (!existsSync(join(root, "packages", "ui", "dist", "web", "index.html"))) {
  run("npm", ["run", "--silent", "build:web", "-w", "@assets/ui"])
}
