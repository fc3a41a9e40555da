// Runs the steps of the image, but for its packages of the system, in a new folder, and a project with what they made.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "assets-image-"))
const build = join(folder, "build")
const image = join(folder, "image")
const project = join(image, "project")

/** What the context of the image has: what is committed, but for what its ignore file names. */
function copyContext(): void {
  const ignored = readFileSync(join(root, "deploy/image/Dockerfile.dockerignore"), "utf8").split("\n").filter(Boolean)
  const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean)
  for (const file of files) {
    if (ignored.some(name => file === name || file.startsWith(`${name}/`))) continue
    mkdirSync(dirname(join(build, file)), { recursive: true })
    cpSync(join(root, file), join(build, file))
  }
}

function assets(...args: string[]): string {
  const main = join(image, "opt/packages/cli/dist/main.js")
  return execFileSync(process.execPath, [main, ...args], { cwd: project, encoding: "utf8" })
}

try {
  copyContext()
  execFileSync("sh", ["deploy/image/install.sh", join(image, "opt")], { cwd: build, stdio: "inherit" })
  // As the image links it into its root.
  symlinkSync(join(image, "opt/node_modules"), join(image, "node_modules"))
  cpSync(join(root, "deploy/project"), project, { recursive: true })
  const { version } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"))
  assert.equal(assets("--version").trim(), version)
  rmSync(build, { recursive: true }) // the image has nothing of it
  const config = join(project, "assets.config.ts")
  const text = readFileSync(config, "utf8").replace(/"\/(lake|state)/g, `"${image}/$1`)
  writeFileSync(config, text)
  assert.match(assets("materialize", "--env", "local"), /Done\. ok=2 skipped=0 failed=0/)
  assert.match(assets("sql", "--env", "local", "select sum(cents) as cents from marts.customers"), /2625/)
  console.log("The image's steps give an assets that runs the project of deploy/compose.")
} finally {
  rmSync(folder, { recursive: true, force: true })
}
